"""Closed functions: operators and functions of expressions. None takes an argument beyond tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compose.language.axes import Axes, Type, join
from compose.language.functions import CLOSED, Closed
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

    @property
    def closed(self) -> Closed:
        """What is known of it."""
        return CLOSED[self.name]

    def compute(self, run: Run, **ports: Any) -> Any:
        assert self.closed.compute is not None
        return self.closed.compute(*ports.values())


def of_numbers(name: str, numbers: Sequence[float]) -> float | None:
    """A function of plain numbers or truth values; None if it has no meaning there, or no value."""
    closed = CLOSED.get(name)
    if closed is None or closed.number is None:
        return None
    try:
        return closed.number(*numbers)
    except (ArithmeticError, ValueError):
        return None


class Elementwise(Function):
    """Arithmetic, comparisons, logic and pointwise functions."""

    def infer(self, site: Site) -> dict[str, Type]:
        operands, takes = self.operands(site), self.closed.takes
        for i, operand in enumerate(operands):
            if takes in ("numbers", "masks") and (takes == "masks") != (operand.dtype == "bool"):
                side = f"operand {i + 1} of '{self.name}'" if len(operands) > 1 else f"'{self.name}'"
                hint = "masks join with & | ~; use a `where` block to turn one into numbers"
                wants = "a mask (bool)" if takes == "masks" else "numbers"
                site.fail(f"x{i}", f"{side}: expected {wants}, got {operand}", hint)
        if takes == "alike" and len({t.dtype == "bool" for t in operands}) > 1:
            got = f"{operands[0]} and {operands[1]}"
            site.fail("x1", f"'{self.name}' compares masks with masks, or numbers with numbers; got {got}")
        if self.closed.gives == "same":
            return {"": operands[0]}
        if self.closed.gives == "masks":
            return {"": Type(self.joint(site), "bool")}
        return {"": Type(self.joint(site), "float", "nonneg" if self.closed.nonneg(self._signs(site)) else "any")}

    @property
    def real(self) -> bool:
        """Does it compute with floats, and nothing else?"""
        return self.closed.gives == "numbers"

    def _signs(self, site: Site) -> tuple[bool, ...]:
        return tuple(operand.sign == "nonneg" for operand in self.operands(site))

    @property
    def weighs(self) -> tuple[str, str] | None:  # type: ignore[override]
        return ("x0", "x1") if self.name == "*" else None

    def unchanged(self) -> bool:
        return self.name == "stop"

    def narrows(self) -> bool:
        return self.name == "&"

    def spans(self, ranges: Mapping[str, Range]) -> Range | None:
        return self.closed.span(*(ranges[port] for port in self.ports()))

    def dead(self, ranges: Mapping[str, Range]) -> frozenset[str]:
        found = self.closed.dead(*(ranges[port] for port in self.ports()))
        return frozenset(port for port, none in zip(self.ports(), found, strict=True) if none)

    def monotone_in(self, site: Site) -> Mapping[str, int]:
        found = zip(self.ports(), self.closed.rises(self._signs(site)), strict=True)
        return {port: direction for port, direction in found if direction}


class Root(Elementwise):
    """``sqrt``: what is under a root must not be negative, so that no mistake becomes NaN."""

    nonneg = ("x0",)
