"""Between which numbers values stay, where scalars begin and end: from the constants and params they are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from compose.graph.forms import Forms
from compose.graph.functions import Function, of_numbers
from compose.graph.node import Node, Value
from compose.language.models import Spec
from compose.language.operation import ANYWHERE, Range, hull
from compose.language.schedules import value as scheduled

Interval = Range


def interval(value: Value) -> Interval:
    """Bounds of a scalar value; (-inf, inf) where nothing is known."""
    if value.range is not None or value.node is None or not isinstance(value.node.op, Function):
        return _leaf(value)
    parts = {f"x{i}": interval(operand) for i, operand in enumerate(value.node.operands())}
    return _meet(value.node.op.spans(parts), _leaf(value))


class Ranges:
    """Bounds of all values of a graph, operands before users; a loop brings back anything."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.known: dict[Value, Range] = {}
        nodes = list(nodes)
        forms = Forms(nodes)
        for node in nodes:
            found = node.op.spans(self.ports(node))
            for output in node.values.values():
                self.known[output] = _meet(found, _meet(forms.range(output), _leaf(output)))

    def of(self, value: Value) -> Range:
        """Bounds of a value; truths count as 0 and 1."""
        return self.known.get(value, _leaf(value))

    def ports(self, node: Node) -> dict[str, Range]:
        """Bounds of what arrives at each port."""
        return {port: hull(*map(self.of, wire)) if isinstance(wire, tuple) else self.of(wire)
                for port, wire in node.wires.items() if wire != ()}


def _leaf(value: Value) -> Range:
    """What a value's own range, dtype and sign say."""
    if value.range is not None:
        return value.range
    if value.type.dtype == "bool":
        return 0.0, 1.0
    return (0.0, math.inf) if value.type.sign == "nonneg" else ANYWHERE


def _meet(one: Range | None, two: Range) -> Range:
    return two if one is None else (max(one[0], two[0]), min(one[1], two[1]))


CLOCKS = ("env_steps", "episodes", "updates")
BEGINNING, END = dict.fromkeys(CLOCKS, 0), dict.fromkeys(CLOCKS, 10**18)


def ends(spec: Spec, scalar: Value) -> tuple[float, float] | None:
    """The first and the last value of a scalar; None if it is made of more than numbers and params."""
    first, last = (_at(spec, scalar, clocks) for clocks in (BEGINNING, END))
    return None if first is None or last is None else (first, last)


def _at(spec: Spec, scalar: Value, clocks: Mapping[str, int]) -> float | None:
    if scalar.param is not None:
        return scheduled(spec.params[scalar.param], clocks)
    if scalar.constant is not None:
        return scalar.constant
    if scalar.node is None or not isinstance(scalar.node.op, Function):
        return None
    operands = [_at(spec, value, clocks) for value in scalar.node.operands()]
    known = [number for number in operands if number is not None]
    if len(known) < len(operands):
        return None
    found = of_numbers(scalar.node.op.name, known)
    return None if found is None else float(found)
