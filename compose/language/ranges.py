"""What functions make of numbers that stay in a range; truths are 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from compose.language.facts import ALWAYS, ANYWHERE, NEVER, Range

Span = Callable[..., Range | None]
"""The range of a function of numbers in some ranges; None if nothing is known."""


def rising(number: Callable[[float], float]) -> Span:
    """Of a function that never falls: the range of its ends."""

    def end(x: float) -> float:
        try:
            return float(number(x))
        except OverflowError:  # too large for a float, or a whole number at infinity
            return math.inf if x > 0 else x
        except ValueError:  # of a root: less than 0, which it never is
            return 0.0

    return lambda x: (end(x[0]), end(x[1]))


def compared(symbol: str, holds: Callable[[Any, Any], Any]) -> Span:
    """Of ``<``, ``<=``, ``>``, ``>=``: always, never, or either."""

    def span(x: Range, y: Range) -> Range:
        (a, b), (c, d) = x, y
        best, worst = (holds(a, d), holds(b, c)) if symbol[0] == "<" else (holds(b, c), holds(a, d))
        return ALWAYS if worst else (0.0, 1.0) if best else NEVER

    return span


def added(x: Range, y: Range) -> Range:
    """Of a sum."""
    return x[0] + y[0], x[1] + y[1]


def subtracted(x: Range, y: Range) -> Range:
    """Of a difference."""
    return x[0] - y[1], x[1] - y[0]


def multiplied(x: Range, y: Range) -> Range:
    """Of a product; 0 times anything is 0."""
    return _ends(a * b if a and b else 0.0 for a, b in product(x, y))


def divided(x: Range, y: Range) -> Range | None:
    """Of a quotient; nothing is known if y can be 0."""
    return _ends(a / b if not math.isinf(b) else 0.0 for a, b in product(x, y)) if y[0] > 0 or y[1] < 0 else None


def least(x: Range, y: Range) -> Range:
    """Of the lesser one; of ``&``."""
    return min(x[0], y[0]), min(x[1], y[1])


def most(x: Range, y: Range) -> Range:
    """Of the greater one; of ``|``."""
    return max(x[0], y[0]), max(x[1], y[1])


def size(x: Range) -> Range:
    """Of an absolute value."""
    low, high = sorted((abs(x[0]), abs(x[1])))
    return (0.0 if x[0] <= 0 <= x[1] else low), high


def squared(x: Range) -> Range:
    """Of a square."""
    low, high = size(x)
    return low * low, high * high


def logarithm(x: Range) -> Range | None:
    """Of a logarithm; nothing is known if x can be 0."""
    return (math.log(x[0]), math.log(x[1]) if x[1] < math.inf else math.inf) if x[0] > 0 else None


def _ends(numbers: Iterable[float]) -> Range:
    found = list(numbers)
    return (min(found), max(found)) if not any(map(math.isnan, found)) else ANYWHERE
