"""Weights of a mean along an axis: learned ones, and equal ones."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from compose.compiler.terms.term import Op, Term
from compose.graph.align import align
from compose.graph.simplex import HIDDEN
from compose.language.axes import Axes
from compose.language.operation import By, Of


@dataclass(frozen=True)
class Simplex(Op):
    """Softmax or sparsemax over an axis of the first operand where the second is true, zeros elsewhere."""

    axis: str
    by: By

    def compute(self, term: Term, *tensors: Any) -> Any:
        from compose.kernels.sparsemax import sparsemax

        last = (*(a for a in term.axes if a != self.axis), self.axis)
        z, *mask = (align(x, t.axes, last) for x, t in zip(tensors, term.operands, strict=True))
        if mask:
            z = z + mask[0].logical_not() * HIDDEN  # much faster than to fill
        if self.by == "sparsemax":
            return align(sparsemax(z), last, term.axes)
        found = z.softmax(-1)
        return align(found * mask[0] if mask else found, last, term.axes)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.axis not in axes

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        if axis != self.axis:
            return super().reads_absent(term, place, axis, read)
        return place > 0 or not self.zero_absent(term, axis)

    def zero_absent(self, term: Term, axis: str) -> bool:
        return axis == self.axis and len(term.operands) == 2 and term.operands[1].within("present", axis)


@dataclass(frozen=True)
class Share(Op):
    """A mask as weights of a mean along an axis where true, else 0: 1 / (number of true rows, or of all rows), or 1."""

    axis: str
    of: Of
    type: Any
    """The torch dtype of the weights."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        dim = term.axes.index(self.axis)
        mask = align(tensors[0], term.operands[0].axes, term.axes).to(self.type)
        if self.of == "one":
            return mask
        return mask / (mask.shape[dim] if self.of == "slots" else mask.sum(dim, keepdim=True).clamp(min=1))

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.axis not in axes

    def zero_absent(self, term: Term, axis: str) -> bool:
        return axis == self.axis and term.operands[0].within("present", axis)
