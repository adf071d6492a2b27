"""Shortest ways over a map's walkable cells, all of them at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NEIGHBOURS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))


def next_cells(walkable: NDArray[np.bool_]) -> NDArray[np.int16] | None:
    """The cell to walk to next, int16 [cell goal]; -1 if the straight line is free, or if no way is known.

    Diagonal steps need both cells beside them free. None if straight lines are free between all cells.

    Args:
        walkable: bool [y x].
    """
    height, width = walkable.shape
    free = np.flatnonzero(walkable)
    clear = _clear(walkable, free)
    if clear.all():
        return None
    steps = np.full((height * width, height * width), -1, np.int16)
    ways = _distances(walkable, free)
    padded = np.full((len(free), height + 2, width + 2), np.inf, np.float32)
    padded[:, 1:-1, 1:-1] = ways
    best = np.full((len(free), height, width), np.inf, np.float32)
    chosen = np.full((len(free), height, width), -1, np.int64)
    cells = np.arange(height * width).reshape(height, width)
    for dy, dx in _NEIGHBOURS:
        there = padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] + np.float32(np.hypot(dy, dx))
        there = np.where(_passable(walkable, dy, dx), there, np.inf)
        better = there < best
        best = np.where(better, there, best)
        chosen = np.where(better, cells + dy * width + dx, chosen)
    found = chosen.reshape(len(free), -1)[:, free]  # [goal cell]
    steps[np.ix_(free, free)] = np.where(clear | (found == free[:, None]), -1, found.T)
    return steps


def _passable(walkable: NDArray[np.bool_], dy: int, dx: int) -> NDArray[np.bool_]:
    """Whether a step from each cell is possible [y x]."""
    padded = np.pad(walkable, 1)
    height, width = walkable.shape

    def at(y: int, x: int) -> NDArray[np.bool_]:
        return padded[1 + y : 1 + y + height, 1 + x : 1 + x + width]

    return walkable & at(dy, dx) & at(dy, 0) & at(0, dx)


def _distances(walkable: NDArray[np.bool_], free: NDArray[np.int64]) -> NDArray[np.float32]:
    """The length of the shortest way to every free cell, from every cell [goal y x]."""
    height, width = walkable.shape
    ways = np.full((len(free), height, width), np.inf, np.float32)
    ways[np.arange(len(free)), free // width, free % width] = 0
    while True:
        padded = np.pad(ways, ((0, 0), (1, 1), (1, 1)), constant_values=np.inf)
        new = ways
        for dy, dx in _NEIGHBOURS:
            there = padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] + np.float32(np.hypot(dy, dx))
            new = np.minimum(new, np.where(_passable(walkable, dy, dx), there, np.inf))
        if np.array_equal(new, ways):
            return ways
        ways = new


def _clear(walkable: NDArray[np.bool_], free: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a straight walk between the centres of two free cells stays on free cells [cell cell]."""
    width = walkable.shape[1]
    at = np.stack((free // width, free % width)).astype(np.float32) + 0.5
    clear = np.ones((len(free), len(free)), bool)
    for part in np.linspace(0, 1, 2 * max(walkable.shape) + 1, dtype=np.float32)[1:-1]:
        y, x = np.floor(at[:, :, None] * (1 - part) + at[:, None, :] * part).astype(np.int64)
        clear &= walkable[y, x]
    return clear
