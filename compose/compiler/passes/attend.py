"""Pass ``attend``: attention is computed where its rows lie, by a kernel, on CPUs where there is one.

Why that is the same:

1. ``Looked`` stands for a softmax, along an axis that only the keys have, of a sum over one axis of queries times keys,
   times numbers: what :func:`compose.kernels.attend.look` computes, under the same mask. An axis that only the mask has
   is of views: the same logits under other masks.
2. ``Read`` stands for a sum over one axis of weights times values: what :func:`compose.kernels.attend.read` computes.
3. Rows of a side that were left out (``Spread``) are read by nobody, so the kernel need not make them: it takes the
   rows as they lie, gives weights of zero to a query that is not there, and sees no key that is not there. Such a key's
   weight is zero anyway, or someone would read its row (``needed_rows``).
4. ``Gathered`` after ``Read`` picks the rows of queries that are there, which the kernel writes side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.passes.absent import Gathered, Spread, rows_of
from compose.compiler.plan import ROW, row_leaf
from compose.compiler.terms import Constant, Leaf, Op, Simplex, Term, Terms
from compose.compiler.terms.product import Product
from compose.graph.align import align
from compose.graph.average import STEP
from compose.language.axes import Axes

FEW = 32
"""The most queries of a step: products of matrices are faster for more."""
MOST = 1024
"""The most keys, as the kernel has it."""
NONE = "-"
"""In place of an axis that is not there; tensors have size 1 along it."""


@dataclass(frozen=True)
class Looked(Op):
    """Weights of attention, ``[step query view head key]``, of queries, keys, and what there is of mask and rows."""

    orders: tuple[Axes, ...]
    """In which the kernel wants the axes of queries, keys and mask."""
    given: tuple[bool, bool, bool]
    """Is there a mask; do rows of queries, and of keys, lie apart?"""
    made: Axes
    scale: float

    def compute(self, term: Term, *tensors: Any) -> Any:
        from compose.kernels.attend import look

        count = 2 + self.given[0]
        q, k, *mask = (align(x, t.axes, axes) for x, t, axes in
                       zip(tensors[:count], term.operands[:count], self.orders, strict=True))
        rest = iter((*mask, *tensors[count:]))
        return _there(look(q, k, *(next(rest) if there else None for there in self.given), self.scale), self.made)


@dataclass(frozen=True)
class Read(Op):
    """Sums of values under weights, ``[step query view head part]`` or, for queries side by side, ``[row view head
    part]``; of weights, values, and what there is of rows: of queries, of values, and a tensor with as many queries."""

    orders: tuple[Axes, Axes]
    given: tuple[bool, bool, bool]
    made: Axes

    def compute(self, term: Term, *tensors: Any) -> Any:
        from compose.kernels.attend import read

        w, x = (align(x, t.axes, axes) for x, t, axes in
                zip(tensors[:2], term.operands[:2], self.orders, strict=True))
        rest = iter(tensors[2:])
        return _there(read(w, x, *(next(rest) if there else None for there in self.given)), self.made)


def attend(terms: Terms) -> Terms:
    """Attention of few queries in the kernel."""
    from compose.kernels.attend import there

    if terms.device != "cpu" or not any(isinstance(t.op, Simplex) for t in terms.order()) or not there():
        return terms
    return terms.rewritten(lambda t: _looked(t) or _read(t) or _gathered(t) or t)


def _looked(term: Term) -> Term | None:
    """A softmax of products of queries and keys, by the kernel."""
    logits, *mask = term.operands or (term,)
    pair = _pair(logits) if isinstance(term.op, Simplex) and term.op.by == "softmax" else None
    if pair is None or not isinstance(term.op, Simplex):
        return None
    names = pair.names | {NONE: NONE}
    if [names[a] for a in pair.left] == [term.op.axis]:
        pair = pair.swapped()
    views = [a for a in term.axes if a not in logits.axes] or [NONE]
    if [names[a] for a in pair.right] != [term.op.axis] or len(pair.left) != 1 or len(views) != 1 or pair.many:
        return None
    head = pair.head
    if mask and names[head] in mask[0].axes:
        return None
    q, query_rows, q_order = _rows(pair.first, pair.step, pair.left, (head, pair.inner))
    k, key_rows, k_order = _rows(pair.second, pair.step, pair.right, (head, pair.inner))
    query = names[pair.left[0]]
    orders = (q_order, k_order, *((STEP, query, views[0], term.op.axis) for _ in mask))
    made = (STEP, query, views[0], names[head], term.op.axis)
    op = Looked(orders, (bool(mask), bool(query_rows), bool(key_rows)), made, pair.scale)
    return _term(op, (q, k, *mask, *query_rows, *key_rows), term)


def _read(term: Term) -> Term | None:
    """Values under weights, by the kernel: where weights are made by it, or values would have to be moved."""
    pair = _pair(term)
    for of in (pair, pair.swapped()) if pair is not None and pair.scale == 1 else ():
        (w, labels), queries = of.first, of.left
        if len(of.right) != 1 or len(queries) not in (1, 2) or of.many:
            continue
        x, rows, order = _rows(of.second, of.step, (of.inner,), (of.head, of.right[0]))
        if isinstance(w.op, Looked) or rows:
            both = (*queries, NONE)[:2]
            wanted = _own(w, labels, (of.step, *both, of.head, of.inner))
            made = tuple((of.names | {NONE: NONE})[a] for a in (of.step, *both, of.head, of.right[0]))
            return _term(Read((wanted, order), (False, bool(rows), False), made), (w, x, *rows), term)
    return None


def _gathered(term: Term) -> Term | None:
    """Values under weights, of queries that are there alone."""
    of = term.operands[0] if isinstance(term.op, Gathered) else term
    if not (isinstance(term.op, Gathered) and isinstance(of.op, Read) and of.axes[:2] == (STEP, term.op.axis)):
        return None
    index = term.operands[1]
    op = replace(of.op, given=(True, of.op.given[1], True), made=(rows_of(term.op.axis), *of.op.made[2:]))
    return _term(op, (*of.operands[:2], _row(index, term.op.axis), *of.operands[2:], index), term)


@dataclass(frozen=True)
class _Pair:
    """The product of two terms over steps; what its labels are: of both and the result (``step``, ``heads``), of the
    result and one (``left``, ``right``), of both alone (``inner``)."""

    names: dict[str, str]
    """Label -> the result's axis."""
    first: tuple[Term, Axes]
    second: tuple[Term, Axes]
    scale: float
    sizes: dict[str, int]
    step: str
    head: str
    """``NONE`` if there is none."""
    left: Axes
    right: Axes
    inner: str

    @property
    def many(self) -> bool:
        """Are there too many queries (``left``) for the kernel, or keys?"""
        keys = max(self.sizes[a] for a in (*self.right, self.inner))
        return math.prod(self.sizes[a] for a in self.left) > FEW or keys > MOST

    def swapped(self) -> _Pair:
        return replace(self, first=self.second, second=self.first, left=self.right, right=self.left)


def _pair(term: Term) -> _Pair | None:
    """A product of two factors over steps, of which one axis is summed and at most one is of heads."""
    if not isinstance(term.op, Product) or term.op.bias or STEP not in term.axes:
        return None
    names, step = dict(zip(term.op.out, term.axes, strict=True)), term.op.out[term.axes.index(STEP)]
    factors = list(zip(term.operands, term.op.labels, strict=True))
    two = [(x, labels) for x, labels in factors if not isinstance(x.op, Constant)]
    if len(two) != 2 or any(STEP not in x.axes or labels[x.axes.index(STEP)] != step for x, labels in two):
        return None
    (_, one), (_, other) = two
    inner = [a for a in one if a in other and a not in names]
    heads = [a for a in one if a in other and a in names and a != step]
    left, right = (tuple(a for a in own if a not in more) for own, more in ((one, other), (other, one)))
    if len(inner) != 1 or len(heads) > 1 or any(a not in names for a in (*left, *right)):
        return None
    scale = math.prod(float(x.op.value) for x, _ in factors if isinstance(x.op, Constant))
    return _Pair(names, two[0], two[1], scale, term.op.sizes(term), step, (*heads, NONE)[0], left, right, inner[0])


def _rows(of: tuple[Term, Axes], step: str, side: Axes, rest: Axes) -> tuple[Term, tuple[Term, ...], Axes]:
    """A factor over steps and a side, or its rows and where they lie; and the order of its axes."""
    x, labels = of
    if isinstance(x.op, Spread) and x.axes[1] == _own(x, labels, side)[0]:
        rows, _ = x.operands
        return rows, (_row(x.operands[1], x.axes[1]),), (rows_of(x.axes[1]), *_own(x, labels, rest))
    return x, (), _own(x, labels, (step, *side, *rest))


def _row(plan: Term, side: str) -> Term:
    """Where the rows of a side lie, by another input of the same plan."""
    assert isinstance(plan.op, Leaf)
    return row_leaf(side, ROW, int(plan.op.label.partition(".")[0]), 1)


def _own(x: Term, labels: Axes, wanted: Axes) -> Axes:
    """What a factor calls the axes of some labels."""
    return tuple(NONE if a == NONE else x.axes[labels.index(a)] for a in wanted)


def _term(op: Looked | Read, operands: tuple[Term, ...], like: Term) -> Term:
    axes = tuple(a for a in op.made if a != NONE)
    return Term(op, operands, axes, tuple(like.sizes[a] for a in axes), like.dtype, like.name)


def _there(x: Any, axes: Axes) -> Any:
    """Without the axes that are none."""
    gone = [i for i, a in enumerate(axes) if a == NONE]
    return x.squeeze(gone) if gone else x
