"""The marks by which kinds of units are told apart: polygons within a circle of radius 1."""

from __future__ import annotations

import math

import numpy as np

from compose.envs.pictures.scene import Floats


def circle(points: int, *, turn: float = 0.25, radius: float = 1.0) -> Floats:
    """A regular polygon [point xy] whose first corner lies at ``turn`` turns from the right, anticlockwise."""
    angle = 2 * math.pi * (turn + np.arange(points) / points)
    return radius * np.stack((np.cos(angle), np.sin(angle)), 1)


def arc(fraction: float, inner: float, outer: float, points: int = 33) -> Floats:
    """A part of a ring [point xy], from the top clockwise."""
    angle = 2 * math.pi * (0.25 - fraction * np.linspace(0, 1, points))
    edge = np.stack((np.cos(angle), np.sin(angle)), 1)
    return np.concatenate((outer * edge, inner * edge[::-1]))


def star(points: int, inner: float, turn: float = 0.25) -> Floats:
    """A star [point xy]; ``inner`` is the distance of its notches from the middle."""
    found = circle(2 * points, turn=turn)
    found[1::2] *= inner
    return found


def _cross(half: float, turned: bool) -> Floats:
    long = math.sqrt(1 - half**2)
    corner = [(half, long), (half, half), (long, half), (long, -half), (half, -half), (half, -long)]
    found = np.array([*corner, *((-x, -y) for x, y in corner)])
    slant = math.sqrt(0.5)
    return found @ np.array(((slant, slant), (-slant, slant))) if turned else found


def _chevron() -> Floats:
    return np.array(((0, 0.8), (0.9, -0.35), (0.55, -0.8), (0, -0.1), (-0.55, -0.8), (-0.9, -0.35)))


def _bar() -> Floats:
    return np.array(((-0.95, -0.3), (0.95, -0.3), (0.95, 0.3), (-0.95, 0.3)))


SHAPES: dict[str, Floats] = {
    "triangle": circle(3) * 1.05, "square": circle(4, turn=0.125), "diamond": circle(4) * (0.75, 1.0),
    "plus": _cross(0.3, False), "cross": _cross(0.27, True), "star": star(5, 0.42), "pentagon": circle(5),
    "chevron": _chevron(), "dot": circle(24, radius=0.75), "bar": _bar(),
    "triangle down": circle(3, turn=0.75) * 1.05, "four points": star(4, 0.35),
}  # fmt: skip
"""Marks by name."""
KNOWN = {
    "Marine": "triangle", "Marauder": "square", "Medivac": "plus", "Stalker": "diamond", "Zealot": "cross",
    "Colossus": "star", "Hydralisk": "chevron", "Zergling": "triangle down", "Baneling": "dot",
    "SpineCrawler": "four points",
}  # fmt: skip
"""Marks that are the same in every picture."""
CORNERS = ("dot", "bar", "triangle", "square", "pentagon")
_SAME = {**KNOWN, **{f"capability {corners}": shape for corners, shape in enumerate(CORNERS, 1)}}


def marks(kinds: tuple[str, ...]) -> list[Floats | None]:
    """A mark for each kind; a lone kind that has no mark of its own needs none."""
    if len(kinds) == 1 and kinds[0] not in _SAME:
        return [None]
    free = [shape for shape in SHAPES if shape not in {_SAME.get(kind) for kind in kinds}]
    others = [kind for kind in kinds if kind not in _SAME]
    given = {kind: free[number % len(free)] for number, kind in enumerate(others)}
    return [SHAPES[_SAME.get(kind) or given[kind]] for kind in kinds]
