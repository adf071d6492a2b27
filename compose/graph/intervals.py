"""Between which numbers a scalar stays, from the ranges of the params it is made of."""

from __future__ import annotations

import math

from compose.graph.functions import Function
from compose.graph.node import Value

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
        case "tanh":
            return math.tanh(a), math.tanh(b)
        case "sqrt":
            return math.sqrt(max(a, 0.0)), math.sqrt(max(b, 0.0))
        case "square" | "abs":
            return 0.0, math.inf
    return (0.0, math.inf) if value.type.sign == "nonneg" else ANYWHERE
