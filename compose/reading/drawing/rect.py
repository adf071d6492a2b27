"""Rectangles."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rect:
    """Left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    def moved(self, x: float, y: float) -> Rect:
        """The same somewhere else."""
        return replace(self, x=self.x + x, y=self.y + y)

    def meets(self, other: Rect) -> bool:
        """Do the two share more than an edge?"""
        return (self.x < other.x + other.w and other.x < self.x + self.w
                and self.y < other.y + other.h and other.y < self.y + self.h)

    def holds(self, x: float, y: float) -> bool:
        """Is a point strictly inside?"""
        return self.x < x < self.x + self.w and self.y < y < self.y + self.h
