"""Sums of products over named axes: every linear map, every attention's reading, every mean.

``y[c] = sum_{s} a[..] b[..] ...`` like an einsum, with labels of its own for the axes of each operand, so that products
can be merged and taken apart (:mod:`compose.compiler.passes.regroup`) whatever the axes are called outside.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.terms.joined import Joined
from compose.compiler.terms.shapes import Relabel
from compose.compiler.terms.term import Op, Term
from compose.graph.align import align
from compose.language.axes import Axes

SHORT = 8
"""Rows of an axis along which a weighted sum is a multiplication and a sum, rather than many products of matrices with
so few columns."""


@dataclass(frozen=True)
class Product(Op):
    """Multiplies operands and sums over every label that is not in ``out``.

    With ``bias``, the last operand is added to the result instead: a linear layer, whose two factors sum over all that
    they share.
    """

    labels: tuple[Axes, ...]
    """Of each operand's axes, in order."""
    out: Axes
    """Of the result's axes, in order."""
    bias: bool = False

    def compute(self, term: Term, *tensors: Any) -> Any:
        if self.bias:
            return contract(tensors, self.labels, self.out)
        scale = math.prod(x for x in tensors if isinstance(x, float))
        found = [(x, labels) for x, labels in zip(tensors, self.labels, strict=True) if not isinstance(x, float)]
        if not found:
            return scale
        short = {label for label, n in self.sizes(term).items() if n <= SHORT}
        while len(found) > 1:
            (x, lx), (y, ly), *rest = found
            later = {*self.out, *(a for _, labels in rest for a in labels)}
            out = result_order(lx, ly, tuple(a for a in dict.fromkeys((*lx, *ly)) if a in later))
            found = [(contract((x, y), (lx, ly), out, short), out), *rest]
        x, labels = _summed(*found[0], set(self.out))
        x = align(x, labels, self.out)
        return x if scale == 1 else x * scale

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        labels = tuple(relabel(old, new, found)
                       for old, new, found in zip(term.operands, operands, self.labels, strict=True))
        return replace(term, op=replace(self, labels=labels), operands=operands)

    def sizes(self, term: Term) -> dict[str, int]:
        """How long every label is."""
        pairs = zip(self.labels, term.operands, strict=True)
        return {label: n for labels, operand in pairs for label, n in zip(labels, operand.shape, strict=True)}

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return all(self._keeps(term, axis) for axis in axes)

    def _keeps(self, term: Term, axis: str) -> bool:
        """Are the rows along an axis those of every operand that knows it, called so wherever they are?"""
        label = dict(zip(term.axes, self.out, strict=True)).get(axis)
        return all((a == axis) == (found == label) for x, labels in zip(term.operands, self.labels, strict=True)
                   for a, found in zip(x.axes, labels, strict=True))

    def joined(self, term: Term, operands: tuple[Term, ...], join: Joined, sizes: Mapping[str, int]) -> Term:
        labels = tuple(join.labels(old.axes, found, new.axes)
                       for old, new, found in zip(term.operands, operands, self.labels, strict=True))
        lost = {label for a, label in zip(term.axes, self.out, strict=True) if a in join.lost(term.axes)}
        op = replace(self, labels=labels, out=tuple(label for label in self.out if label not in lost))
        return replace(super().joined(term, operands, join, sizes), op=op)

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        """Not if another factor, the first such one, is zero there: 0 times any finite number is 0."""
        label = self.labels[place][term.operands[place].axes.index(axis)]
        factors = range(len(term.operands) - self.bias)
        zeros = next((i for i in factors if place in factors and self._zero(term, i, label)), place)
        if zeros != place and term.operands[zeros] is not term.operands[place]:
            return False
        return label not in self.out or dict(zip(self.out, term.axes, strict=True))[label] in read

    def zero_absent(self, term: Term, axis: str) -> bool:
        label = dict(zip(term.axes, self.out, strict=True)).get(axis)
        return not self.bias and any(self._zero(term, i, label) for i in range(len(term.operands)))

    def _zero(self, term: Term, place: int, label: str | None) -> bool:
        x, labels = term.operands[place], self.labels[place]
        return label in labels and x.zero(x.axes[labels.index(label)])

    def flops(self, term: Term) -> int:
        """Of two factors: a multiplication and an addition for every combination of labels."""
        return 2 * math.prod(self.sizes(term).values())


def product(factors: Sequence[tuple[Term, Axes]], out: Axes, axes: Axes | None = None, name: str = "") -> Term:
    """The sum of products of terms.

    Args:
        factors: each term with labels for its axes.
        out: labels of the result.
        axes: what the result's axes are called; as their labels unless told.
    """
    plain = [(t.operands[0] if isinstance(t.op, Relabel) else t, labels) for t, labels in factors]
    op = Product(tuple(labels for _, labels in plain), out)
    term = Term(op, tuple(t for t, _ in plain), axes or out, (), "float", name)
    sizes = op.sizes(term)
    return Term(op, term.operands, term.axes, tuple(sizes[label] for label in out), "float", name)


def relabel(old: Term, new: Term, labels: Axes) -> Axes:
    """Labels of the axes of ``old`` in the order in which ``new`` has them."""
    named = dict(zip(old.axes, labels, strict=True))
    return labels if old.axes == new.axes else tuple(named[a] for a in new.axes)


def result_order(x: Axes, y: Axes, out: Axes) -> Axes:
    """The order of labels in which :func:`contract` of two factors gives its result without moving anything."""
    parts = _split(x, y, out)
    return (*parts.batch, *parts.left, *parts.right)


@dataclass(frozen=True)
class _Parts:
    batch: Axes
    left: Axes
    right: Axes
    inner: Axes


def _split(x: Axes, y: Axes, out: Axes) -> _Parts:
    return _Parts(tuple(a for a in x if a in y and a in out), tuple(a for a in x if a not in y and a in out),
                  tuple(a for a in y if a not in x and a in out), tuple(a for a in x if a in y and a not in out))


def contract(tensors: Sequence[Any], labels: Sequence[Axes], out: Axes, short: Collection[str] = ()) -> Any:
    """Two factors, and a bias if there is a third tensor, as the torch call that suits their labels.

    A weighted sum along an axis that is ``short`` is one multiplication and one sum: matrices so small are slower.
    """
    import torch.nn.functional as F

    x, lx = _summed(tensors[0], labels[0], {*labels[1], *out})
    y, ly = _summed(tensors[1], labels[1], {*labels[0], *out})
    bias = tensors[2] if len(tensors) == 3 else None
    parts = _split(lx, ly, out)
    if not parts.inner:
        shape = (*parts.batch, *parts.left, *parts.right)
        found = align(x, lx, shape) * align(y, ly, shape)
    elif not parts.batch:
        rows = _grouped(x, lx, parts.left, (parts.inner,))
        weight = _grouped(y, ly, (), (parts.right, parts.inner)) if parts.right else _grouped(y, ly, (), (parts.inner,))
        if bias is not None and len(parts.right) > 1:
            bias = bias.flatten()
        if not parts.right:
            found = rows @ weight if bias is None else rows @ weight + bias
        else:
            found = F.linear(rows, weight, bias)
            bias = None
            found = _ungrouped(found, y, ly, parts.right)
    elif set(parts.inner) <= set(short) and not (parts.left and parts.right):
        (wide, axes), (narrow, own) = ((y, ly), (x, lx)) if parts.right else ((x, lx), (y, ly))
        total = (wide * align(narrow, own, axes)).sum([axes.index(a) for a in parts.inner])
        return align(total, tuple(a for a in axes if a in out), out)
    else:
        left = _matrices(x, lx, parts.batch, parts.left, parts.inner)
        right = _matrices(y, ly, parts.batch, parts.inner, parts.right)
        found = left @ right
        found = _ungrouped(found, y, ly, parts.right) if parts.right else found.squeeze(-1)
        at = len(parts.batch)
        if len(parts.left) > 1:
            found = found.unflatten(at, [x.shape[lx.index(a)] for a in parts.left])
        elif not parts.left:
            found = found.squeeze(at)
    return align(found, (*parts.batch, *parts.left, *parts.right), out)


def _summed(x: Any, labels: Axes, wanted: set[str]) -> tuple[Any, Axes]:
    """Sum over labels that nobody else has."""
    gone = [i for i, a in enumerate(labels) if a not in wanted]
    return (x.sum(gone), tuple(a for a in labels if a in wanted)) if gone else (x, labels)


def _grouped(x: Any, labels: Axes, lead: Axes, groups: tuple[Axes, ...]) -> Any:
    """Axes ``lead`` first, then one axis for each group (of size 1 for an empty one)."""
    x = align(x, labels, (*lead, *(a for group in groups for a in group)))
    at = len(lead)
    for group in groups:
        if not group:
            x = x.unsqueeze(at)
        elif len(group) > 1:
            x = x.flatten(at, at + len(group) - 1)
        at += 1
    return x


def _matrices(x: Any, labels: Axes, lead: Axes, rows: Axes, columns: Axes) -> Any:
    """Matrices of rows and columns; where rows come last in memory, as transposed ones, which need no copy."""
    if labels[-1] in rows:
        return _grouped(x, labels, lead, (columns, rows)).transpose(-1, -2)
    return _grouped(x, labels, lead, (rows, columns))


def _ungrouped(x: Any, like: Any, labels: Axes, group: Axes) -> Any:
    """The last axis as the axes of ``group``, as long as in ``like``."""
    return x.unflatten(-1, [like.shape[labels.index(a)] for a in group]) if len(group) > 1 else x
