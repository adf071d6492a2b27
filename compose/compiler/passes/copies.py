"""Pass ``copies``: what is the same for every row of an axis is computed once, not once a row.

Why no number changes. ``Copied(axis, rows)`` of ``x`` is ``x`` for every index of an axis that ``x`` lacks.

1. Only what is certain becomes a copy: an operation with one operand that gives numbers of its operand as they are
   (``moves``) and makes each from the same place alone (``rowwise`` along *all* axes of the operand) on the operand's
   axes and one more. A number that depends on its place alone and is always one of the operand's is the one there.
2. A pointwise function, and a softmax along another axis, give equal results for equal rows. Where another operand
   knows the axis, ``x`` broadcasts against it instead of its copies; where none does, the result is ``x``'s, copied.
3. A softmax *along* the copied axis shares one out among the rows, so their number matters: it keeps its copies.
4. A product does so only where every copied operand has the axis under the label that stays (``out``): a label that is
   summed over would add one row instead of all. With a bias it stays as it is.
5. Only axes of the result are looked at, so what sums copies up, or reads them in any other way, gets them in full.
   The gradient of ``x`` is the sum over its copies either way: ``expand`` adds up what broadcasting adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.terms import Map, Op, Pick, Simplex, Term, Terms
from compose.compiler.terms.call import Call
from compose.compiler.terms.product import Product, product
from compose.graph.align import align
from compose.language.axes import Axes, leads


@dataclass(frozen=True)
class Copied(Op):
    """The same for each row of a new axis; copies share memory."""

    axis: str
    rows: int

    def compute(self, term: Term, *tensors: Any) -> Any:
        return align(tensors[0], term.operands[0].axes, term.axes).expand(
            [self.rows if a == self.axis else -1 for a in term.axes])

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        return copied(operands[0], self.axis, self.rows)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.axis not in axes


def copied(of: Term, axis: str, rows: int) -> Term:
    """A term repeated along a new axis."""
    at = next((i for i, a in enumerate(of.axes) if not leads(a)), len(of.axes))
    axes, shape = (*of.axes[:at], axis, *of.axes[at:]), (*of.shape[:at], rows, *of.shape[at:])
    return Term(Copied(axis, rows), (of,), axes, shape, of.dtype, of.name)


def copies(terms: Terms) -> Terms:
    """Move the copying of rows behind everything that treats copies alike.

    Where every agent has its own copy of the entities, because later it makes something of its own of them, what comes
    before (keys, queries, values, their products) is the same for all, and broadcasts where it meets what is not.
    """
    return terms.rewritten(_behind)


def _behind(term: Term) -> Term:
    if isinstance(term.op, Pick):
        return _expanded(term) or term
    if not isinstance(term.op, Product | Map | Simplex):
        return term
    for op in dict.fromkeys(x.op for x in term.operands if isinstance(x.op, Copied)):
        if op.axis in term.axes:
            term = _without(term, op)
            if isinstance(term.op, Copied):
                return replace(term, operands=(_behind(term.operands[0]),))
    return term


def _without(term: Term, op: Copied) -> Term:
    """The term on what is copied; copied itself if nothing else that it reads knows the axis."""
    hollow = [x.op == op for x in term.operands]
    operands = tuple(x.operands[0] if yes else x for x, yes in zip(term.operands, hollow, strict=True))
    others = any(op.axis in x.axes for x in operands)
    if isinstance(term.op, Product):
        return term if term.op.bias else _product(term, term.op, op, operands, hollow)
    if isinstance(term.op, Simplex) and op.axis == term.op.axis:
        return term
    if others:
        return replace(term, operands=operands)
    at = term.axes.index(op.axis)
    inner = replace(term, operands=operands, axes=(*term.axes[:at], *term.axes[at + 1 :]),
                    shape=(*term.shape[:at], *term.shape[at + 1 :]))
    return copied(inner, op.axis, op.rows)


def _product(term: Term, old: Product, op: Copied, operands: tuple[Term, ...], hollow: list[bool]) -> Term:
    mine = dict(zip(term.axes, old.out, strict=True))[op.axis]
    factors = []
    for before, after, labels, yes in zip(term.operands, operands, old.labels, hollow, strict=True):
        named = dict(zip(before.axes, labels, strict=True))
        if yes and named[op.axis] != mine:
            return term
        factors.append((after, tuple(named[a] for a in after.axes)))
    if any(mine in labels for _, labels in factors):
        return product(factors, old.out, term.axes, term.name)
    axes = tuple(a for a in term.axes if a != op.axis)
    return copied(product(factors, tuple(a for a in old.out if a != mine), axes, term.name), op.axis, op.rows)


def _expanded(term: Term) -> Term | None:
    """The output of a call that copies rows along one new axis."""
    call = term.operands[0]
    if not isinstance(call.op, Call) or not call.op.node.op.moves or len(call.operands) != 1:
        return None
    (of,) = call.operands
    new = set(term.axes) - set(of.axes)
    if len(new) != 1 or not call.op.node.rowwise(of.axes):
        return None
    (axis,) = new
    return copied(of, axis, term.sizes[axis])
