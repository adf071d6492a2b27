"""Passes ``batch`` and ``fuse``: what is done several times in the same way is done once, on a stack."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from compose.compiler.passes.stacking import Stacked, Unbound, item, stacked_term
from compose.compiler.terms import Constant, Leaf, Map, Pick, Relabel, Simplex, Term, Terms
from compose.compiler.terms.call import Call
from compose.compiler.terms.product import Product
from compose.language.axes import leads

VIEWS, WIDE = 12_000_000, 300_000
"""Numbers in the largest stack of views and of weights on a CPU, where a wide stack leaves the caches; no limit
elsewhere, where a call costs more than its numbers."""

WORTH = 1024
"""Numbers in a result from which stacking is worth its trouble."""


def batch(terms: Terms) -> Terms:
    """Same weights, other masks or other rows: one call on a stack.

    In REFIL the three views of a network differ in their masks from the softmax on.
    """
    return _Siblings(terms, fuse=False).run()


def fuse(terms: Terms) -> Terms:
    """Same shape, other weights: one wider call (the embeddings of four hypernetworks, keys and values)."""
    return _Siblings(terms, fuse=True).run()


@dataclass
class _Siblings:
    terms: Terms
    fuse: bool
    done: dict[Term, Term] = field(default_factory=dict)
    member: dict[Term, tuple[Term, str, int, int]] = field(default_factory=dict)
    """New term -> (stack, axis, its index, how many there are)."""
    constants: dict[Constant, Term] = field(default_factory=dict)
    count: int = 0

    @property
    def _largest(self) -> int:
        return WIDE if self.fuse else VIEWS

    def run(self) -> Terms:
        order = {term: i for i, term in enumerate(self.terms.order())}
        users: dict[Term, list[Term]] = defaultdict(list)
        missing = {}
        for term in order:
            missing[term] = len(set(term.operands))
            for operand in set(term.operands):
                users[operand].append(term)
        ready = [t for t in order if not missing[t]]

        def finish(term: Term, new: Term) -> None:
            self.done[term] = new
            ready.remove(term)
            for user in users[term]:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)

        while ready:
            plain = next((t for t in ready if not self._candidate(t)), None)
            if plain is not None:
                finish(plain, self._alone(plain))
                continue
            group = self._group(sorted(ready, key=order.__getitem__))
            if group is None:
                smallest = min(ready, key=lambda t: (t.numel, order[t]))
                finish(smallest, self._alone(smallest))
            else:
                for old, new in zip(group, self._stacked(group), strict=True):
                    finish(old, new)
        return replace(self.terms, roots={name: self.done[root] for name, root in self.terms.roots.items()})

    def _alone(self, term: Term) -> Term:
        return term.with_operands(self.done[x] for x in term.operands)

    def _candidate(self, term: Term) -> bool:
        if term.numel < WORTH or term.learned or "batch" not in term.axes:
            return False
        if isinstance(term.op, Pick):
            call = term.operands[0]
            return isinstance(call.op, Call) and term.op.kind == "output" and stackable(call.op)
        return isinstance(term.op, Product | Map | Simplex)

    def _group(self, ready: list[Term]) -> list[Term] | None:
        """The largest set of siblings among terms that could be computed now."""
        classes: dict[Any, list[Term]] = defaultdict(list)
        for term in ready:
            classes[self._key(term)].append(term)
        for found in sorted(classes.values(), key=len, reverse=True):
            if len(found) > 1 and (group := self._complete(found)) is not None:
                return group
        return None

    def _key(self, term: Term) -> Any:
        slots = tuple(self._slot(x) for x in self._operands(term))
        op = term.operands[0].op if isinstance(term.op, Pick) else term.op
        return (op, term.op, term.axes, term.shape, term.dtype, slots)

    def _slot(self, operand: Term) -> Any:
        """What siblings must have in common at a place."""
        if isinstance(operand.op, Constant):
            return operand.op
        if operand in self.member:
            return ("member", self.member[operand][0])
        if operand.dtype == "bool" or (self.fuse and operand.learned):
            return ("any", operand.axes if not operand.learned else (), operand.shape, operand.dtype, _kinds(operand))
        return ("same", operand)

    def _operands(self, term: Term) -> tuple[Term, ...]:
        """The new operands; of a call's output, those of the call."""
        inner = term.operands[0] if isinstance(term.op, Pick) else term
        found = (self.done[x] for x in inner.operands)
        return tuple(self.constants.setdefault(x.op, x) if isinstance(x.op, Constant) else x for x in found)

    def _complete(self, found: list[Term]) -> list[Term] | None:
        """Siblings whose operands, place by place, are the same, or a whole stack in order, or cheap to stack."""
        columns = list(zip(*(self._operands(t) for t in found), strict=True))
        for column in columns:
            if len(set(column)) > 1 and column[0] in self.member:
                found = [t for _, t in sorted(zip((self.member[x][2] for x in column), found, strict=True),
                                              key=lambda pair: pair[0])]
                break
        columns = list(zip(*(self._operands(t) for t in found), strict=True))
        differing = [c for c in columns if len(set(c)) > 1]
        if not differing or (self.terms.device == "cpu" and found[0].numel * len(found) > self._largest):
            return None
        whole = list(range(len(found)))
        for column in differing:
            if column[0] in self.member:
                places = [self.member[x] for x in column]
                if [p[2] for p in places] != whole or places[0][3] != len(found):
                    return None
        if isinstance(found[0].op, Pick) and not _leads(found[0], columns):
            return None
        return found

    def _stacked(self, group: list[Term]) -> list[Term]:
        """The group computed at once, and its members."""
        self.count += 1
        columns = list(zip(*(self._operands(t) for t in group), strict=True))
        axis = next((self.member[c[0]][1] for c in columns if len(set(c)) > 1 and c[0] in self.member),
                    f"{'fused' if self.fuse else 'view'} {self.count}")
        operands = [column[0] if len(set(column)) == 1 else self._stack(column, axis) for column in columns]
        made = stacked_term(self._alone(group[0]), operands, axis, len(group))
        parts = Term(Unbound(axis), (made,), (), (), made.dtype, made.name)
        members = [item(parts, i, old) for i, old in enumerate(group)]
        self.member |= {new: (made, axis, i, len(group)) for i, new in enumerate(members)}
        return members

    def _stack(self, column: tuple[Term, ...], axis: str) -> Term:
        if column[0] in self.member:
            made, own, _, _ = self.member[column[0]]
            axes = tuple(axis if a == own else a for a in made.axes)
            return made if own == axis else Term(Relabel(), (made,), axes, made.shape, made.dtype, made.name)
        first = column[0]
        same = [t if t.axes == first.axes else Term(Relabel(), (t,), first.axes, t.shape, t.dtype, t.name)
                for t in column]
        at = sum(map(leads, first.axes))
        axes = (*first.axes[:at], axis, *first.axes[at:])
        shape = (*first.shape[:at], len(column), *first.shape[at:])
        return Term(Stacked(axis), tuple(same), axes, shape, first.dtype, first.name)


def stackable(call: Call) -> bool:
    node = call.node
    lead = all(text.split()[:1] == ["..."] or text.split()[1:2] == ["..."] for text in node.op.ports().values())
    return node.op.aligned and lead and not node.op.draws(node) and len(node.values) == 1


def _leads(term: Term, columns: list[tuple[Term, ...]]) -> bool:
    """Do only plain inputs of a call differ?"""
    call = term.operands[0].op
    assert isinstance(call, Call)
    return all(len(set(c)) == 1 or (r.value is not None and r.local in call.node.wires)
               for c, r in zip(columns, call.reads, strict=True))


def _kinds(term: Term) -> frozenset[str]:
    """What weights it is made of: learned ones and lagged copies are never stacked together."""
    if isinstance(term.op, Leaf):
        return frozenset([term.op.kind]) if term.learned else frozenset()
    return frozenset().union(*(_kinds(x) for x in term.operands)) if term.learned else frozenset()
