"""How many rows an axis has, and who on it may be absent.

The name of an axis says its size: ``embed`` is the param that sizes it, ``4*embed`` and ``feature+action`` are
arithmetic. Without an environment some sizes stay symbolic (None).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from compose.graph.schema import OBSERVED, EntitySchema
from compose.language.axes import Axes
from compose.language.expressions import Apply, Number, Ref, Tree, Truth, parse, references, unparse
from compose.language.models import Spec
from compose.language.nodes import EMPTY

ENVIRONMENT = ("batch", "time", "agent", "entity", "other", "action", "part", "plain", "feature", "state",
               "observation", "xy", "id", "task", *OBSERVED)  # fmt: skip
"""Axes that environments may have; what a schema gives decides their sizes."""


SLOTS = ("agent", "entity", "other", "id")
"""Those that are as long as there is room for agents or entities."""
SIZES = ("+", "-", "*", "/", "ceil", "floor", "maximum", "minimum")
"""What sizes are made with."""


def size_of(axis: str) -> Tree:
    """What an axis measures: a copy is as long as its original, in a joined axis too (``entity'+entity'``)."""
    return parse(axis.replace("'", ""))


def filled(size: Tree, variables: Mapping[str, str]) -> Tree:
    """A size with what a network's capitals stand for: ``4 * Width`` -> ``4 * embed``."""
    if isinstance(size, Ref):
        return size_of(variables[str(size)]) if str(size) in variables else size
    if isinstance(size, Apply):
        return replace(size, arguments=tuple(filled(a, variables) for a in size.arguments))
    return size


class UnknownSize(ValueError):
    """A size expression has no value: it names what is neither a param nor an axis, or says something else wrong."""

    def __init__(self, name: str, known: list[str], why: str = "") -> None:
        super().__init__(why or f"'{name}' is no axis and no param")
        self.name, self.known = name, known


@dataclass
class AxisTable:
    """All axes of one spec in one environment (or in none)."""

    spec: Spec
    schema: EntitySchema | None
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Axes made by joining others along them: ``factor`` -> ("agent", "agent")."""
    padded: bool = False
    """May slots be added? Then the numbers of agents and entities stay symbolic whatever the environment."""
    open: list[str] = field(default_factory=list)
    """Axes whose sizes are being evaluated, outermost first."""

    @cached_property
    def _given(self) -> Mapping[str, int]:
        """The environment's sizes."""
        return {} if self.schema is None else self.schema.sizes

    @property
    def known(self) -> list[str]:
        return sorted({*ENVIRONMENT, *self.spec.axes, *self._numbers})

    @cached_property
    def _numbers(self) -> Mapping[str, float | int]:
        return {k: v for k, v in self.spec.params.items() if isinstance(v, int | float)}

    def canonical(self, tree: Tree) -> str:
        """The name of the axis that a size expression stands for."""
        return unparse(tree).replace(" ", "")

    def axes(self, size: Tree, variables: Mapping[str, str] = EMPTY) -> Axes:
        """The axes that a size argument names: none for ``scalar``. ``variables``: what capitals stand for."""
        if isinstance(size, Ref) and str(size) in ("scalar", *variables):
            return (variables[str(size)],) if str(size) in variables else ()
        return (self.canonical(filled(size, variables)),)

    def size(self, axis: str) -> int | None:
        """Rows of an axis; None while symbolic. Raises UnknownSize."""
        value = self.evaluate(size_of(axis))
        return None if value is None else int(value)

    def evaluate(self, tree: Tree) -> float | None:
        """The number a size expression stands for; None if it depends on an environment that is not given."""
        match tree:
            case Number() | Truth():
                return tree.value
            case Ref():
                return self._named(str(tree))
            case Apply():
                if tree.function not in SIZES:
                    why = f"a size is made of {', '.join(SIZES)}; '{tree.function}' is none of them"
                    raise UnknownSize(tree.function, [], why)
                arguments = [self.evaluate(a) for a in tree.arguments]
                known = [a for a in arguments if a is not None]
                return self._apply(tree.function, known) if len(known) == len(arguments) else None
        raise TypeError(tree)

    def _named(self, name: str) -> float | None:
        numbers = self._numbers
        if name in self.open:
            loop = " -> ".join([*self.open[self.open.index(name) :], name])
            raise UnknownSize(name, [], f"the size of '{name}' depends on itself: {loop}")
        if name in self.spec.axes:
            self.open.append(name)
            try:
                return self.evaluate(self.spec.axes[name].tree)
            finally:
                self.open.pop()
        if name in numbers:
            return numbers[name]
        anything = (self.schema is None and name in ENVIRONMENT) or (self.padded and name in SLOTS)
        if name in ("batch", "time") or anything:
            return None
        if name in self._given:
            return self._given[name]
        if self.schema is not None and name in ENVIRONMENT:
            raise UnknownSize(name, [], f"environment '{self.schema.name}' has no axis '{name}'")
        raise UnknownSize(name, self.known)

    def _apply(self, function: str, values: list[float]) -> float:
        match function, values:
            case "+", [a, b]:
                return a + b
            case "-", [a, b]:
                return a - b
            case "*", [a, b]:
                return a * b
            case "/", [a, b]:
                return a / b if b else math.inf
            case "ceil", [a] if math.isfinite(a):
                return math.ceil(a - 1e-9)
            case "floor", [a] if math.isfinite(a):
                return math.floor(a + 1e-9)
            case "ceil" | "floor", [a]:
                return a
            case "maximum", [a, b]:
                return max(a, b)
            case "minimum", [a, b]:
                return min(a, b)
        raise TypeError(function)

    def of_slots(self, axis: str) -> bool:
        """Does the number of rows depend on how many agents or entities there is room for?"""
        base = axis.rstrip("'")
        if base in self.joined:
            return any(self.of_slots(part) for part in self.joined[base])
        if base in self.spec.axes:
            return any(self.of_slots(str(ref)) for ref in references(self.spec.axes[base].tree))
        if base.isidentifier():
            return base in SLOTS
        return any(self.of_slots(str(ref)) for ref in references(size_of(base)))

    def has_presence(self, axis: str) -> bool:
        """Can rows of this axis be absent?"""
        base = axis.rstrip("'")
        if base in self.joined:
            return any(self.has_presence(part) for part in self.joined[base])
        return base in ("agent", "entity", "other")
