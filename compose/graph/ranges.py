"""What closed functions make of numbers that stay in a range, and whose gradient is 0 there. Truths count as 0 and 1."""

from __future__ import annotations

import math
from itertools import product

from compose.language.operation import ALWAYS, ANYWHERE, NEVER, Range

COMPARED = {"<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y}
RISING = {
    "exp": lambda x: math.exp(min(x, 700.0)) if x < math.inf else math.inf, "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 0.5 * (1 + math.tanh(x / 2)), "elu": lambda x: x if x > 0 else math.expm1(x),
    "leaky_relu": lambda x: max(x, 0.01 * x), "ceil": lambda x: x if math.isinf(x) else math.ceil(x),
    "floor": lambda x: x if math.isinf(x) else math.floor(x), "stop": lambda x: x,
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
}  # fmt: skip
"""Functions that never fall: a range goes to the range of its ends."""


def spans(name: str, one: Range, two: Range = ANYWHERE) -> Range | None:
    """The range of a function of numbers in these ranges; None if nothing is known."""
    (a, b), (c, d) = one, two
    if name in RISING:
        return RISING[name](a), RISING[name](b)
    if name in COMPARED:
        return _compared(name, one, two)
    match name:
        case "+":
            return a + c, b + d
        case "-":
            return a - d, b - c
        case "neg":
            return -b, -a
        case "*":
            return _ends(x * y if x and y else 0.0 for x, y in product(one, two))
        case "/" if c > 0 or d < 0:
            return _ends(x / y if not math.isinf(y) else 0.0 for x, y in product(one, two))
        case "minimum" | "&":
            return min(a, c), min(b, d)
        case "maximum" | "|":
            return max(a, c), max(b, d)
        case "square":
            return _squared(one)
        case "abs":
            return (0.0 if a <= 0 <= b else min(abs(a), abs(b))), max(abs(a), abs(b))
        case "not":
            return 1 - b, 1 - a
        case "log" if a > 0:
            return math.log(a), math.log(b) if b < math.inf else math.inf
    return None


def _ends(numbers: object) -> Range:
    found = list(numbers)  # type: ignore[call-overload]
    return (min(found), max(found)) if not any(map(math.isnan, found)) else ANYWHERE


def _squared(one: Range) -> Range:
    low, high = sorted((abs(one[0]), abs(one[1])))
    return (0.0 if one[0] <= 0 <= one[1] else low * low), high * high


def _compared(name: str, one: Range, two: Range) -> Range:
    holds = COMPARED[name]
    (a, b), (c, d) = one, two
    best, worst = (holds(a, d), holds(b, c)) if name[0] == "<" else (holds(b, c), holds(a, d))
    return ALWAYS if worst else (0.0, 1.0) if best else NEVER


def dead(name: str, item: int, *ranges: Range) -> bool:
    """Is the gradient of an operand 0 wherever operands are in these ranges?"""
    (low, high), other = ranges[item], ranges[1 - item] if len(ranges) == 2 else ANYWHERE
    match name:
        case "stop" | "ceil" | "floor":
            return True
        case "*":
            return other == NEVER
        case "/":
            return item == 1 and other == NEVER
        case "relu":
            return high <= 0
        case "minimum":
            return low > other[1] or low == other[1] < high
        case "maximum":
            return high < other[0] or high == other[0] > low
        case "square":
            return low == high == 0
    return False
