"""Values that move with a clock: pure functions of the clock's reading ``x``.

Every schedule is clamped: before ``x = 0`` it has its first value, after ``x = over`` its last one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compose.language.moving import Schedule


def fraction(x: float, over: float) -> float:
    """How far along: ``x / over`` clamped to 0 .. 1."""
    return min(max(x / over, 0.0), 1.0)


def linear(start: float, end: float, over: float, x: float) -> float:
    """``start + (end - start) x / over``."""
    f = fraction(x, over)
    return end if f == 1.0 else start + (end - start) * f


def exponential(start: float, end: float, over: float, x: float) -> float:
    """``start (end / start) ** (x / over)``: equal ratios in equal times.

    Raises:
        ValueError: If ``start`` or ``end`` is zero, or their signs differ.
    """
    if start * end <= 0:
        raise ValueError(f"an exponential schedule needs two numbers of one sign, not {start} and {end}")
    f = fraction(x, over)
    return end if f == 1.0 else start * (end / start) ** f


def cosine(start: float, end: float, over: float, x: float) -> float:
    """``end + (start - end) (1 + cos(pi x / over)) / 2``: half a wave, level at both ends."""
    f = fraction(x, over)
    return end if f == 1.0 else end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * f))


def piecewise(points: Sequence[tuple[float, float]], over: float, x: float) -> float:
    """Straight lines through ``points``, pairs of (fraction of ``over``, value).

    Two points at one fraction make a step: at that very fraction the value is still the first one's.

    Raises:
        ValueError: If there are no points, or their fractions decrease.
    """
    if not points or any(b[0] < a[0] for a, b in pairwise(points)):
        raise ValueError("a piecewise schedule needs points in the order of their fractions")
    f = fraction(x, over)
    if f <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if left < f <= right:
            return high if f == right else low + (high - low) * (f - left) / (right - left)
    return points[-1][1]


def value(schedule: Schedule | float, clocks: Mapping[str, int]) -> float:
    """The value of a param now.

    A number is itself. A piecewise schedule begins at ``from`` unless it has a point at 0, and ends at ``to`` (if
    given) unless it has a point at 1.

    Args:
        schedule: A number, or what its kind has of from, to, over and at.
        clocks: Readings of ``env_steps``, ``episodes`` and ``updates``.
    """
    if isinstance(schedule, int | float):
        return float(schedule)
    if schedule.kind == "constant":
        return schedule.from_
    if schedule.over is None:
        raise ValueError(f"a {schedule.kind} schedule needs 'over'")
    over, x = schedule.over.count, clocks[schedule.over.clock]
    if schedule.kind == "piecewise":
        points = [(float(at), float(v)) for at, v in schedule.at]
        if not points or points[0][0] > 0.0:
            points.insert(0, (0.0, schedule.from_ or 0.0))
        if schedule.to is not None and points[-1][0] < 1.0:
            points.append((1.0, schedule.to))
        return piecewise(points, over, x)
    try:
        curve = {"linear": linear, "exponential": exponential, "cosine": cosine}[schedule.kind]
    except KeyError:
        raise ValueError(f"unknown kind of schedule '{schedule.kind}'") from None
    return curve(schedule.from_, schedule.to, over, x)
