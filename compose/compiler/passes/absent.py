"""Pass ``absent``: rows of absent agents and entities are left out of what they would only slow down.

A row (a step of an episode, a slot) is kept if the slot is present at any time of the episode; the plan lists them
from the batch. Why the rest may be left out:

1. A term has a home, a side on whose kept rows it is computed, only if nobody reads its other rows there
   (``needed_rows``). ``padded`` gives all slots again; the rows that were left out are then copies of a kept one:
   finite, of no meaning.
2. What is computed on rows treats them alike (``Op.rowwise``): pointwise functions, products in which every operand's
   axis of the side is the result's and none is summed, rowwise nodes; and recurrences with the side among their
   leading axes. Row by row they give what they gave over all slots.
3. Every operand must know steps together with the side, or neither (``_along``), or rows would meet slots by position.
   A weight may be as long as the side, but its axes have names of their own.
4. Only one side at a time, as pairs of absent agents and present entities may be read.
5. A recurrence gets the same rows at every step of an episode, since being kept does not depend on the step; so its
   state is that of one slot throughout, in the order of the plan (``alive``).
6. Rows of agents are those of the same entities (``of_entity``), as agents are the first entities and present as such.
7. Gradients: a copied row gets the gradient of its copies, which is 0 as no result depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from compose.compiler.passes.needed_rows import needed_rows
from compose.compiler.passes.select import Selected, selects
from compose.compiler.passes.stacking import Item, slice_of
from compose.compiler.plan import INDEX, OF_ENTITY, PLACE, row_leaf
from compose.compiler.terms import Leaf, Map, Op, Pick, Term, Terms
from compose.compiler.terms.call import Call
from compose.compiler.terms.joined import SIDES, Joined
from compose.compiler.terms.product import Product
from compose.graph.align import align
from compose.graph.average import STEP
from compose.graph.schema import EntitySchema

HEAVY = 1024
"""Multiplications for each row from which a linear map is worth moving rows for."""


@dataclass(frozen=True)
class Gathered(Op):
    """``[step agent ...] -> [rows ...]``: present rows only, step by step."""

    axis: str

    def compute(self, term: Term, *tensors: Any) -> Any:
        x = align(tensors[0], term.operands[0].axes, (STEP, self.axis, *term.axes[1:]))
        return x.flatten(0, 1).index_select(0, tensors[1])


@dataclass(frozen=True)
class Spread(Op):
    """``[rows ...] -> [step agent ...]``; absent rows hold numbers that nothing reads."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        x = align(tensors[0], term.operands[0].axes, (rows_of(term.axes[1]), *term.axes[2:]))
        place = tensors[1]
        return x.index_select(0, place.flatten()).unflatten(0, place.shape)


@dataclass(frozen=True)
class Chosen(Op):
    """``[entity rows ...] -> [agent rows ...]``."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        return align(tensors[0], term.operands[0].axes, (rows_of("entity"), *term.axes[1:])).index_select(0, tensors[1])


def rows_of(axis: str) -> str:
    """The axis of the present rows of all steps."""
    return f"{axis} row"


def absent(terms: Terms) -> Terms:
    """Compute linear maps and recurrences for present rows only, where nothing reads the others.

    What works on rows alone between them stays on those rows; what relates rows (attention, mixers) gets all slots
    back.
    """
    packed = next((t for t in terms.order() if isinstance(t.op, Leaf) and t.op.kind == "plan"), None)
    graph = next((t.op.graph for t in terms.order() if isinstance(t.op, Call)), None)
    if packed is None or graph is None or not isinstance(graph.schema, EntitySchema):
        return terms
    shares = _shares(graph.schema)
    if not shares:
        return terms
    assert isinstance(packed.op, Leaf)
    rows = _Absent(needed_rows(terms), shares, int(packed.op.label.partition(".")[0]))
    return replace(terms, roots={name: rows.padded(root) for name, root in terms.roots.items()})


def _shares(schema: EntitySchema) -> dict[str, float]:
    """The expected share of present rows on each side where any can be absent."""
    counts = [schema.present_range(side) for side in ("agent", "other")]
    means = [(low + high) / 2 for low, high in counts]
    found = {"agent": means[0] / schema.agents, "entity": sum(means) / schema.entities}
    return {axis: share for axis, share in found.items() if share < 1}


@dataclass
class _Absent:
    read: dict[Term, set[str]]
    shares: dict[str, float]
    ahead: int
    homes: dict[Term, str | None] = field(default_factory=dict)
    padding: dict[Term, Term] = field(default_factory=dict)
    rowing: dict[Term, Term] = field(default_factory=dict)
    calls: dict[Term, Term] = field(default_factory=dict)
    leaves: dict[tuple[str, str], Term] = field(default_factory=dict)

    def padded(self, term: Term) -> Term:
        """``term`` over all slots."""
        if term not in self.padding:
            side = self._home(term)
            if side is None:
                self.padding[term] = term.with_operands(self.padded(x) for x in term.operands)
            else:
                rows = self.rowed(term, side)
                axes = (STEP, side, *(a for a in rows.axes if a != rows_of(side)))
                shape = tuple(term.sizes[a] for a in axes)
                plan = self._plan(side, PLACE, term)
                self.padding[term] = Term(Spread(), (rows, plan), axes, shape, term.dtype, term.name)
        return self.padding[term]

    def rowed(self, term: Term, side: str) -> Term:
        """``term`` over present rows; itself if it knows nothing of steps."""
        if STEP not in term.axes:
            return self.padded(term)
        if term not in self.rowing:
            self.rowing[term] = self._made(term, side) if self._home(term) else self._gathered(term, side)
        return self.rowing[term]

    def _gathered(self, term: Term, side: str) -> Term:
        rest = tuple(a for a in term.axes if a not in (STEP, side))
        plan = self._plan(side, INDEX, term)
        shape = (*plan.shape, *(term.sizes[a] for a in rest))
        return Term(Gathered(side), (self.padded(term), plan), (rows_of(side), *rest), shape, term.dtype, term.name)

    def _made(self, term: Term, side: str) -> Term:
        if (source := _source(term)) is not None:
            chosen = (self.rowed(source, "entity"), self._plan("agent", OF_ENTITY, term))
            return replace(self._on_rows(term, chosen, side), op=Chosen())
        if isinstance(term.op, Item):
            return slice_of(term, self.rowed(term.operands[0].operands[0], side))
        if isinstance(term.op, Pick):
            return self._on_rows(term, (self._call(term.operands[0], side),), side)
        return self._on_rows(term, tuple(self.rowed(x, side) for x in term.operands), side)

    def _on_rows(self, term: Term, operands: tuple[Term, ...], side: str) -> Term:
        sizes = term.sizes | {rows_of(side): self._plan(side, INDEX, term).shape[0]}
        return term.op.joined(term, operands, _rows(side), sizes)

    def _call(self, whole: Term, side: str) -> Term:
        if whole not in self.calls:
            assert isinstance(whole.op, Call)
            operands = (self._plan(side, r.local, x) if r.kind == "plan" else self.rowed(x, side)
                        for r, x in zip(whole.op.reads, whole.operands, strict=True))
            self.calls[whole] = whole.op.joined(whole, tuple(operands), _rows(side))
        return self.calls[whole]

    def _plan(self, side: str, what: str, like: Term) -> Term:
        key = (side, what)
        if key not in self.leaves:
            slots = like.sizes.get(STEP, 1) * like.sizes.get(side, 1)
            self.leaves[key] = row_leaf(side, what, self.ahead, int(slots * self.shares[side]))
        return self.leaves[key]

    def _home(self, term: Term) -> str | None:
        """The side on whose present rows a term is computed; None: on all slots."""
        if term not in self.homes:
            sides = [a for a in SIDES if a in term.axes]
            fits = len(sides) == 1 and STEP in term.axes and sides[0] in self.shares
            self.homes[term] = sides[0] if fits and self._suits(term, sides[0]) else None
        return self.homes[term]

    def _suits(self, term: Term, side: str) -> bool:
        if side in self.read[term]:
            return False
        if isinstance(term.op, Item):
            return self._home(term.operands[0].operands[0]) == side
        if (source := _source(term)) is not None:
            return side == "agent" and "entity" in self.shares and self._home(source) == "entity"
        if isinstance(term.op, Pick):
            return self._call_suits(term, side)
        if not all(_along(x, side) for x in term.operands):
            return False
        if isinstance(term.op, Map):
            return any(self._home(x) == side for x in term.operands)
        if not (isinstance(term.op, Product) and any(side in x.axes for x in term.operands)):
            return False
        heavy = any(x.learned and x.numel >= HEAVY for x in term.operands)
        narrower = any(self._home(x) == side and x.numel > term.numel for x in term.operands)
        return (heavy or narrower) and term.op.rowwise(term, (STEP, side))

    def _call_suits(self, term: Term, side: str) -> bool:
        call = term.operands[0]
        assert isinstance(call.op, Call)
        site, inputs = call.op.node, call.operands
        if not all(_along(x, side) for x, r in zip(inputs, call.op.reads, strict=True) if r.kind != "plan"):
            return False
        if site.op.over_steps:
            return side in site.bound["..."]
        return site.rowwise((STEP, side)) and any(self._home(x) == side for x in inputs)


def _source(term: Term) -> Term | None:
    """The x of ``agents(x)``."""
    if isinstance(term.op, Selected):
        return None if "agent" in term.operands[0].axes else term.operands[0]
    call = term.operands[0] if isinstance(term.op, Pick) else term
    return call.operands[0] if isinstance(call.op, Call) and selects(call.op) is False else None


def _along(term: Term, side: str) -> bool:
    """Does it know steps together with this side, or no steps at all?"""
    return (STEP in term.axes and side in term.axes) if {STEP, *SIDES, "batch", "time"} & set(term.axes) else True


def _rows(side: str) -> Joined:
    """Axes with steps and side as one axis of rows."""
    return Joined(rows_of(side), (STEP, side), whole=True)
