"""Between which numbers a scalar stays, and where it begins and ends, from the params it is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping

from compose.graph.functions import NUMBERS, Function
from compose.graph.node import Value
from compose.language.models import Spec
from compose.language.schedules import value as scheduled

Interval = tuple[float, float]
ANYWHERE: Interval = (-math.inf, math.inf)


def interval(value: Value) -> Interval:
    """Bounds of a scalar value; (-inf, inf) where nothing is known."""
    if value.range is not None:
        return value.range
    if value.node is None or not isinstance(value.node.op, Function):
        return (0.0, math.inf) if value.type.sign == "nonneg" else ANYWHERE
    parts = [interval(v) for v in value.node.operands()]
    (a, b), (c, d) = parts[0], parts[-1]
    match value.node.op.name:
        case "+":
            return a + c, b + d
        case "-":
            return a - d, b - c
        case "neg":
            return -b, -a
        case "*":
            products = [x * y for x in (a, b) for y in (c, d)]
            return min(products), max(products)
        case "/" if c > 0:
            quotients = [x / y for x in (a, b) for y in (c, d)]
            return min(quotients), max(quotients)
        case "minimum":
            return min(a, c), min(b, d)
        case "maximum":
            return max(a, c), max(b, d)
        case "square" | "abs":
            return 0.0, math.inf
    return (0.0, math.inf) if value.type.sign == "nonneg" else ANYWHERE


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
    if scalar.node is None or not isinstance(scalar.node.op, Function) or scalar.node.op.name not in NUMBERS:
        return None
    operands = [_at(spec, value, clocks) for value in scalar.node.operands()]
    known = [number for number in operands if number is not None]
    if len(known) < len(operands):
        return None
    try:
        return float(NUMBERS[scalar.node.op.name](*known))
    except (ArithmeticError, ValueError):
        return None
