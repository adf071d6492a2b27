"""Pointwise functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compose.compiler.terms.term import Op, Term, joint
from compose.graph.align import align
from compose.language.axes import Axes, DType
from compose.language.functions import CLOSED


@dataclass(frozen=True)
class Map(Op):
    """A pointwise function; operands broadcast by axis name."""

    function: str

    def compute(self, term: Term, *tensors: Any) -> Any:
        aligned = [align(x, t.axes, term.axes) for x, t in zip(tensors, term.operands, strict=True)]
        return FUNCTIONS[self.function](*aligned)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return True

    def zero_absent(self, term: Term, axis: str) -> bool:
        return self.function == "*" and any(x.zero(axis) for x in term.operands)

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        return self.function == "&" and any(x.within(what, axis) for x in term.operands)


def _activation(name: str) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import torch

        return getattr(torch if name in ("tanh", "sigmoid") else torch.nn.functional, name)(x)

    return call


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: closed.compute for name, closed in CLOSED.items() if closed.compute is not None},
    **{name: _activation(name) for name in ("tanh", "sigmoid", "relu", "elu", "leaky_relu")},
}


def mapped(function: str, *operands: Term, dtype: DType = "float", name: str = "") -> Term:
    """A pointwise function of terms."""
    return Term(Map(function), operands, *joint(operands), dtype, name)


