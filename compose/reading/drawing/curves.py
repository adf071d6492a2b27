"""Curves of edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Curve = tuple[Point, Point, Point]
"""Two control points and the end of a cubic curve."""


@dataclass(frozen=True)
class Path:
    """A start and the cubic curves from there on."""

    start: Point
    curves: tuple[Curve, ...]

    @property
    def end(self) -> Point:
        return self.curves[-1][2] if self.curves else self.start

    def moved(self, x: float, y: float) -> Path:
        """The same somewhere else."""
        def at(point: Point) -> Point:
            return (point[0] + x, point[1] + y)

        return Path(at(self.start), tuple((at(b), at(c), at(d)) for b, c, d in self.curves))

    def turned(self) -> Path:
        """The same with x and y exchanged."""
        return Path(self.start[::-1], tuple((b[::-1], c[::-1], d[::-1]) for b, c, d in self.curves))

    def points(self, steps: int = 12) -> list[Point]:
        """Points along the way, ``steps`` for each curve."""
        found, a = [self.start], self.start
        for b, c, d in self.curves:
            for i in range(1, steps + 1):
                t = i / steps
                mix = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
                x, y = (sum(m * p[axis] for m, p in zip(mix, (a, b, c, d), strict=True)) for axis in (0, 1))
                found.append((x, y))
            a = d
        return found


def smooth(route: Sequence[tuple[Point, Point]]) -> Path:
    """Straight stretches, joined by curves that start and end vertically."""
    start = at = route[0][0]
    curves: list[Curve] = []
    for a, b in route:
        if a != at:
            middle = (at[1] + a[1]) / 2
            curves.append(((at[0], middle), (a[0], middle), a))
        if b != a:
            curves.append((a, b, b))
        at = b
    return Path(start, tuple(curves))
