"""Pass ``select``: rows that are picked in the end are picked before they are computed.

Write S for "the agents' rows along entity" (agents are the first entities), or for "of every agent's copy of the
entities its own row". The pass turns S(f(x, y)) into f(S(x), S(y)). Why that is the same:

1. What counts as S is ``agents(x)``, and an operation that reads an agent's own row alone (``itself``), gives numbers
   as they are (``moves``) and mixes no axis that it keeps: each number of its result is then the one at its place.
2. S goes through f only where every row of f's result is made of the same row of each operand (``_follows``): pointwise
   functions, softmaxes and shares along other axes, nodes that are ``rowwise`` along the picked axes.
3. Picked axes go by name, so they must be the same axis on both sides: of a product each operand must have them under
   the result's label and no other axis under it (``Product.rowwise``), or S would pick among what is summed over.
4. All operands that know entity must know it in the same way, with agent or without. One without entity is the same for
   all its rows and stays; one with agent alone has its own row there already.
5. Where f does not let S through, S is applied to f's result (``Selected``). ``wanted`` decides only whether moving S
   saves anything, never whether it may be moved, so a mistake in it costs time and no number. Gradients are those of
   the same function.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace
from typing import Any

from compose.compiler.terms import Op, Pick, Term, Terms
from compose.compiler.terms.call import Call
from compose.compiler.terms.joined import Joined
from compose.graph.structure import Rows
from compose.language.axes import Axes

ENTITY, AGENT = "entity", "agent"
CHOSEN = Joined(AGENT, (AGENT, ENTITY))
"""Axes of agents' rows; of two that become one the agents' stays."""


@dataclass(frozen=True)
class Selected(Op):
    """The agents' rows: ``[... entity ...] -> [... agent ...]``; of ``[... agent entity ...]`` everybody's own."""

    agents: int
    """How many there are; they come first among entities."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        have = term.operands[0].axes
        at = have.index(ENTITY)
        rows = tensors[0].narrow(at, 0, self.agents)
        if AGENT not in have:
            return rows
        return rows.diagonal(dim1=have.index(AGENT), dim2=at).movedim(-1, term.axes.index(AGENT))

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        return selected(operands[0], self.agents)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return not {AGENT, ENTITY} & {*axes}

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        return (AGENT if axis == ENTITY else axis) in read

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        """Of everybody's own row along entity it is not known."""
        (of,) = term.operands
        return axis == AGENT and AGENT not in of.axes and of.within(what, ENTITY)


def selected(of: Term, agents: int) -> Term:
    """The agents' rows of a term."""
    axes = CHOSEN(of.axes)
    sizes = of.sizes | {AGENT: agents}
    return Term(Selected(agents), (of,), axes, tuple(sizes[a] for a in axes), of.dtype, of.name)


def select(terms: Terms) -> Terms:
    """Compute for agents alone what is read of agents alone, and for every agent's own row what is read there alone.

    What the last layer of a stack of attention makes of rows (residuals, norms, layers in between) is often read at
    agents' rows only, while their keys and values are those of all entities.
    """
    return _Select(terms).run()


@dataclass
class _Select:
    terms: Terms
    wanted: dict[Term, bool | None] = field(default_factory=dict)
    """Term -> is it read at rows (of agents: False, of their own: True) alone? None: otherwise."""
    plain: dict[Term, Term] = field(default_factory=dict)
    picked: dict[Term, Term] = field(default_factory=dict)

    def run(self) -> Terms:
        for root in self.terms.roots.values():
            self.wanted[root] = None
        for term in reversed(self.terms.order()):
            for operand in term.operands:
                found = self._asked(term, operand)
                self.wanted[operand] = found if self.wanted.setdefault(operand, found) == found else None
        return replace(self.terms, roots={name: self._plain(root) for name, root in self.terms.roots.items()})

    def _asked(self, term: Term, operand: Term) -> bool | None:
        """Which rows of one operand a term reads."""
        if isinstance(term.op, Call):
            own = selects(term.op)
            return own if own is not None else self.wanted[term] if ENTITY in operand.axes else None
        if isinstance(term.op, Pick):
            whole = term.op.kind == "output" and isinstance(operand.op, Call) and len(operand.op.node.values) == 1
            return self.wanted[term] if whole and self._follows(term) else None
        return self.wanted[term] if self._follows(term) and ENTITY in operand.axes else None

    def _follows(self, term: Term) -> bool:
        """Are picked rows of a term made of the same rows of its operands?"""
        own = self.wanted[term]
        if own is None:
            return False
        axes = (AGENT, ENTITY) if own else (ENTITY,)
        inner = term.operands[0].operands if isinstance(term.op, Pick) else term.operands
        known = all(ENTITY not in x.axes or (AGENT in x.axes) == own for x in inner)
        named = set(axes) <= set(term.axes) and (AGENT in term.axes) == own
        if not (known and named and any(ENTITY in x.axes for x in inner)):
            return False
        return not self._picks(term) and term.op.rowwise(term, axes)

    def _plain(self, term: Term) -> Term:
        """The term as it is, on what its operands become."""
        if term not in self.plain:
            source = term.operands[0].operands[0] if self._picks(term) else None
            follows = source is not None and self.wanted[source] is not None and self._follows(source)
            self.plain[term] = self._chosen(source) if source is not None and follows else \
                term.with_operands(self._plain(x) for x in term.operands)
        return self.plain[term]

    def _picks(self, term: Term) -> bool:
        call = term.operands[0].op if isinstance(term.op, Pick) else None
        return isinstance(call, Call) and selects(call) is not None

    def _chosen(self, term: Term) -> Term:
        """Agents' rows of a term."""
        if ENTITY not in term.axes:
            return self._plain(term)
        if term not in self.picked:
            self.picked[term] = self._rewritten(term) if self._follows(term) else \
                selected(self._plain(term), self._agents)
        return self.picked[term]

    def _rewritten(self, term: Term) -> Term:
        if isinstance(term.op, Pick):
            (call,) = term.operands
            operands: tuple[Term, ...] = (call.op.joined(call, tuple(map(self._chosen, call.operands)), CHOSEN, {}),)
        else:
            operands = tuple(map(self._chosen, term.operands))
        return term.op.joined(term, operands, CHOSEN, term.sizes | {AGENT: self._agents})

    @property
    def _agents(self) -> int:
        return next(t.sizes[AGENT] for t in self.wanted if self._picks(t))


def selects(call: Call) -> bool | None:
    """False for what picks rows of agents, True for what picks every agent's own row; None for anything else."""
    op, types = call.node.op, call.node.types
    if isinstance(op, Rows):
        return False if op.renames(call.node) == {ENTITY: AGENT} else None
    if op.itself and op.moves and len(types) == 1 and not op.mixes(call.node) and not op.orders(call.node):
        (of,), (found,) = types.values(), call.node.values.values()
        return True if not isinstance(of, tuple) and CHOSEN(of.axes) == found.type.axes else None
    return None
