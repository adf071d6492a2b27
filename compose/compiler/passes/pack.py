"""Pass ``pack``: steps after an episode's end are left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from compose.compiler.passes.needed_steps import needed_steps
from compose.compiler.passes.stacking import Item, slice_of
from compose.compiler.plan import ALIVE, EPISODE, INDEX, PLACE, SEQUENCES, plan_leaf
from compose.compiler.terms import Leaf, Op, Pick, Term, Terms
from compose.compiler.terms.call import Call, given_also
from compose.compiler.terms.joined import EPISODES, Joined
from compose.graph.align import align
from compose.graph.average import STEP
from compose.language.axes import Axes

STEPS = Joined(STEP, EPISODES)
"""Axes with batch (and time) as one axis of steps."""
LIKELY = 0.6
"""The expected share of steps that count; what costs are estimated with."""


@dataclass(frozen=True)
class Packed(Op):
    """``[batch time ...] -> [step ...]``, or ``[batch ...] -> [step ...]``: rows that the plan names."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        x, index = tensors
        have = term.operands[0].axes
        both = "time" in have
        x = align(x, have, (*(EPISODES if both else ("batch",)), *term.axes[1:]))
        return (x.flatten(0, 1) if both else x).index_select(0, index)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return not {STEP, *EPISODES} & {*axes}

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        return term.operands[0].within(what, axis)


@dataclass(frozen=True)
class Unpacked(Op):
    """``[step ...] -> [batch time ...]``; rows that were left out hold numbers that mean nothing."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        x, place = tensors
        x = align(x, term.operands[0].axes, (STEP, *term.axes[2:]))
        return x.index_select(0, place.flatten()).unflatten(0, place.shape)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return not {STEP, *EPISODES} & {*axes}

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        return term.operands[0].within(what, axis)


def pack(terms: Terms) -> Terms:
    """Join batch and time into one axis of the steps that some loss counts (or that those look ahead to).

    Everything that treats steps alike runs on that axis; recurrences that can run on it do; whatever mixes steps in
    another way gets batch and time back.
    """
    demand = needed_steps(terms)
    ahead = max((d for t, d in demand.items() if _timed(t) and d < float("inf")), default=None)
    if ahead is None:
        return terms
    packing = _Packing(demand, int(ahead))
    return replace(terms, roots={name: packing.plain(root) for name, root in terms.roots.items()})


@dataclass
class _Packing:
    demand: dict[Term, float]
    ahead: int
    plains: dict[Term, Term] = field(default_factory=dict)
    packs: dict[Term, Term] = field(default_factory=dict)
    calls: dict[Term, Term] = field(default_factory=dict)
    leaves: dict[str, Term] = field(default_factory=dict)

    def plain(self, term: Term) -> Term:
        """``term`` over batch and time."""
        if term not in self.plains:
            if self._native(term):
                packed = self.packed(term)
                axes = (*EPISODES, *(a for a in packed.axes if a != STEP))
                shape = tuple(term.sizes[a] for a in axes)
                self.plains[term] = Term(Unpacked(), (packed, self._plan(PLACE)), axes, shape, term.dtype, term.name)
            elif _averaged(term):
                self.plains[term] = term.with_operands([self._call(term.operands[0])])
            else:
                self.plains[term] = term.with_operands(self.plain(x) for x in term.operands)
        return self.plains[term]

    def packed(self, term: Term) -> Term:
        """``term`` over steps; itself if it knows neither batch nor time."""
        if "batch" not in term.axes:
            return self.plain(term)
        if term not in self.packs:
            self.packs[term] = self._packed(term) if self._native(term) else self._selected(term)
        return self.packs[term]

    def _selected(self, term: Term) -> Term:
        what = INDEX if "time" in term.axes else EPISODE
        rest = tuple(a for a in term.axes if a not in EPISODES)
        rows = self._plan(what)
        shape = (*rows.shape, *(term.sizes[a] for a in rest))
        return Term(Packed(), (self.plain(term), rows), (STEP, *rest), shape, term.dtype, term.name)

    def _packed(self, term: Term) -> Term:
        """A native term: its operands over steps, batch and time as one axis."""
        if isinstance(term.op, Pick):
            return self._on_steps(term, (self._call(term.operands[0]),))
        if isinstance(term.op, Item):
            return slice_of(term, self.packed(term.operands[0].operands[0]))
        return self._on_steps(term, tuple(self.packed(x) for x in term.operands))

    def _on_steps(self, term: Term, operands: tuple[Term, ...]) -> Term:
        return term.op.joined(term, operands, STEPS, term.sizes | {STEP: self._plan(INDEX).shape[0]})

    def _call(self, whole: Term) -> Term:
        """A call on steps."""
        if whole not in self.calls:
            assert isinstance(whole.op, Call)
            plan = (ALIVE, SEQUENCES) if whole.op.node.op.over_steps else ()
            made = whole.op.joined(whole, tuple(self.packed(x) for x in whole.operands), STEPS)
            self.calls[whole] = given_also(made, plan, map(self._plan, plan))
        return self.calls[whole]

    def _plan(self, what: str) -> Term:
        if what not in self.leaves:
            whole = next(t.sizes for t in self.demand if _timed(t))
            rows = int(whole["batch"] * whole["time"] * LIKELY)
            self.leaves[what] = plan_leaf(what, self.ahead, rows)
        return self.leaves[what]

    def _native(self, term: Term) -> bool:
        """Can and should it be computed over steps?"""
        if not _timed(term) or self.demand[term] == float("inf"):
            return False
        if isinstance(term.op, Item):
            return self._native(term.operands[0].operands[0])
        call = term.operands[0] if isinstance(term.op, Pick) else term
        alone = isinstance(call.op, Call) and call.op.node.op.over_steps
        return (alone or term.op.rowwise(term, EPISODES)) and all(_whole(x) for x in call.operands)


def _whole(term: Term) -> bool:
    """Has it no time without a batch?"""
    return "batch" in term.axes or "time" not in term.axes


def _timed(term: Term) -> bool:
    return "batch" in term.axes and "time" in term.axes and not isinstance(term.op, Leaf)


def _averaged(term: Term) -> bool:
    """Is it a loss that counts no steps but those that are kept?"""
    call = term.operands[0].op if term.operands else None
    return isinstance(call, Call) and call.bounded(term.operands[0]) and "time" in call.node.type("of").axes
