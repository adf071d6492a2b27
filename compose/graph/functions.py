"""Closed functions: operators and functions of expressions. None takes an argument beyond tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compose.graph.ranges import dead, spans
from compose.language.axes import Axes, Type, join
from compose.language.operation import Operation, Range, Run, Site


@dataclass(frozen=True)
class Function(Operation):
    """A function applied to one or two operands, which broadcast by axis name."""

    name: str
    arity: int

    def ports(self) -> Mapping[str, str]:
        return {f"x{i}": "any ..." for i in range(self.arity)}

    def operands(self, site: Site) -> list[Type]:
        return [site.type(port) for port in self.ports()]

    def joint(self, site: Site) -> Axes:
        return join(*(t.axes for t in self.operands(site)))

    def compute(self, run: Run, **ports: Any) -> Any:
        return COMPUTE[self.name](*ports.values())


ARITHMETIC = ("+", "-", "*", "/", "minimum", "maximum")
COMPARISON = ("<", "<=", "==", ">=", ">")
LOGIC = ("&", "|", "not")
RISING = ("relu", "leaky_relu", "elu", "tanh", "sigmoid", "softplus", "sqrt", "exp", "log", "stop")
NONNEG = ("square", "sqrt", "abs", "exp", "relu", "sigmoid", "softplus")


class Elementwise(Function):
    """Arithmetic, comparisons, logic and pointwise functions."""

    def infer(self, site: Site) -> dict[str, Type]:
        operands = self.operands(site)
        for i, operand in enumerate(operands):
            wants_bool = self.name in LOGIC
            if self.name != "stop" and self.name != "==" and wants_bool != (operand.dtype == "bool"):
                side = f"operand {i + 1} of '{self.name}'" if len(operands) > 1 else f"'{self.name}'"
                hint = "masks join with & | ~; use a `where` block to turn one into numbers"
                wants = "a mask (bool)" if wants_bool else "numbers"
                site.fail(f"x{i}", f"{side}: expected {wants}, got {operand}", hint)
        if self.name == "==" and len({t.dtype == "bool" for t in operands}) > 1:
            text = f"'==' compares masks with masks, or numbers with numbers; got {operands[0]} and {operands[1]}"
            site.fail("x1", text)
        if self.name in (*COMPARISON, *LOGIC):
            return {"": Type(self.joint(site), "bool")}
        if self.name == "stop":
            return {"": operands[0]}
        return {"": Type(self.joint(site), "float", self.sign(site))}

    @property
    def real(self) -> bool:
        """Does it compute with floats, and nothing else?"""
        return self.name not in (*COMPARISON, *LOGIC, "stop")

    def sign(self, site: Site) -> Any:
        signs = [t.sign == "nonneg" for t in self.operands(site)]
        if self.name in ("+", "*", "/", "minimum", "stop", "tanh", "ceil", "floor"):
            return "nonneg" if all(signs) else "any"
        return "nonneg" if self.name in NONNEG or (self.name == "maximum" and any(signs)) else "any"

    @property
    def weighs(self) -> tuple[str, str] | None:  # type: ignore[override]
        return ("x0", "x1") if self.name == "*" else None

    def unchanged(self) -> bool:
        return self.name == "stop"

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return spans(self.name, *(ranges[port] for port in self.ports()))

    def dead(self, ranges: Mapping[str, Range]) -> frozenset[str]:
        return frozenset(port for i, port in enumerate(self.ports()) if dead(self.name, i, *ranges.values()))

    def narrows(self) -> bool:
        return self.name == "&"

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        if self.name in RISING or self.name in ("minimum", "maximum", "+"):
            return dict.fromkeys(self.ports(), 1)
        if self.name == "-":
            return {"x0": 1, "x1": -1}
        if self.name == "neg":
            return {"x0": -1}
        nonneg = {port: site.type(port).sign == "nonneg" for port in self.ports()}
        if self.name == "*":
            return {p: 1 for p, other in (("x0", "x1"), ("x1", "x0")) if nonneg[other]}
        if self.name == "/" and nonneg["x1"]:
            return {"x0": 1}
        return {"x0": 1} if self.name in ("square", "abs") and nonneg["x0"] else {}


class Root(Elementwise):
    """``sqrt``: what is under a root must not be negative, so that no mistake becomes NaN."""

    nonneg = ("x0",)


def function(name: str, arity: int) -> Function:
    """The closed function or operator of that name."""
    from compose.graph.structure import STRUCTURE

    kinds: dict[str, type[Function]] = {**STRUCTURE, "sqrt": Root}
    return kinds.get(name, Elementwise)(name, arity)


def _clamped(x: Any, y: Any, low: bool) -> Any:
    import torch

    if isinstance(x, int | float):
        x, y = y, x
    if isinstance(y, int | float):
        return x.clamp(min=y) if low else x.clamp(max=y)
    return torch.maximum(x, y) if low else torch.minimum(x, y)


def _torch(name: str, **options: Any) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import torch.nn.functional as F

        return getattr(F, name)(x, **options)

    return call


COMPUTE: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, "==": lambda x, y: x == y, ">=": lambda x, y: x >= y,
    ">": lambda x, y: x > y, "&": lambda x, y: x & y, "|": lambda x, y: x | y,
    "neg": lambda x: -x, "not": lambda x: not x if isinstance(x, bool) else ~x,
    "stop": lambda x: x if isinstance(x, bool | int | float) else x.detach(),
    "square": lambda x: x * x, "sqrt": lambda x: x.sqrt(), "abs": lambda x: x.abs(), "exp": lambda x: x.exp(),
    "log": lambda x: x.log(), "tanh": lambda x: x.tanh(),
    "relu": _torch("relu"), "leaky_relu": _torch("leaky_relu"), "elu": _torch("elu"),
    "sigmoid": lambda x: x.sigmoid(), "softplus": _torch("softplus"),
    "minimum": lambda x, y: _clamped(x, y, False), "maximum": lambda x, y: _clamped(x, y, True),
    "ceil": lambda x: x.ceil(), "floor": lambda x: x.floor(),
}  # fmt: skip

NUMBERS: dict[str, Callable[..., float]] = {
    **{name: COMPUTE[name] for name in ("+", "-", "*", "/", "neg", "square", *COMPARISON, *LOGIC, "stop")},
    "first": lambda x: x, "abs": abs, "sqrt": math.sqrt, "tanh": math.tanh,
    "exp": math.exp, "log": math.log, "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: max(x, 0.01 * x), "elu": lambda x: x if x > 0 else math.expm1(x),
    "sigmoid": lambda x: 0.5 * (1 + math.tanh(x / 2)),
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), "minimum": min, "maximum": max,
    "ceil": math.ceil, "floor": math.floor,
}  # fmt: skip
"""The same on plain numbers and truth values."""
