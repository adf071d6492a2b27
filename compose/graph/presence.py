"""Who is present along an axis: the environment's ``present``, for every axis that holds agents or entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compose.graph.node import Value
from compose.graph.structure import First, Presence, Renamed, Rows
from compose.language.axes import prime
from compose.language.operation import Operation

if TYPE_CHECKING:
    from compose.graph.elaborate import Elaboration


class Presences:
    """Presences of one elaboration, each made once."""

    def __init__(self, elaboration: Elaboration) -> None:
        self.elaboration = elaboration
        self._known: dict[tuple[str, bool], Value] = {}

    def of(self, axis: str, *, timed: bool) -> Value:
        """bool [batch time axis], or [batch axis] as of the first step."""
        key = (axis, timed)
        if key not in self._known:
            self._known[key] = self._timed(axis) if timed else self._first(axis)
        return self._known[key]

    def _first(self, axis: str) -> Value:
        return self._place(f"present.first.{axis}", First("first", 1), {"x0": self.of(axis, timed=True)})

    def _timed(self, axis: str) -> Value:
        name, present = f"present.{axis}", self.elaboration.field("present")
        if axis.endswith("'"):
            plain = axis[:-1]
            return self._place(name, Renamed(plain, prime(plain)), {"x0": self.of(plain, timed=True)})
        if axis == "entity":
            return present
        if axis in ("agent", "other"):
            return self._place(name, Rows(f"{axis}s", 1), {"x0": present})
        table = self.elaboration.table
        parts = table.joined[axis]
        known = tuple(table.has_presence(part) for part in parts)
        wires = {f"x{i}": self.of(part, timed=True) for i, part in enumerate(parts) if known[i]}
        return self._place(name, Presence(axis, parts, known), wires)

    def _place(self, name: str, op: Operation, wires: dict[str, Value]) -> Value:
        return self.elaboration.main.place(name, op, dict(wires), ("graph",))[""]
