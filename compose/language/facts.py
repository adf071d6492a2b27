"""What an :class:`~compose.language.operation.Operation` declares, as data: weights, ranges, and what proofs read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from compose.language.axes import Axes

Range = tuple[float, float]
"""The least and the most that a number can be."""
ANYWHERE: Range = (-math.inf, math.inf)
NEVER: Range = (0.0, 0.0)
"""Of a mask that is false everywhere, or a number that is 0."""
ALWAYS: Range = (1.0, 1.0)


def hull(*ranges: Range) -> Range:
    """What holds all of them."""
    return min(low for low, _ in ranges), max(high for _, high in ranges)


@dataclass(frozen=True)
class Weight:
    """A weight as data: its axes in memory order and how it starts.

    ``init`` "fan_in" draws from U(-1/sqrt(n), 1/sqrt(n)) with n the product of the sizes of the axes ``fan``
    (torch's default for linear layers and GRU cells); "zeros" and "ones" are constant; "orthogonal" is ``gain`` times a
    matrix whose rows or columns are orthonormal: from the axes ``fan`` if they are its last ones, else from its last
    axis, to all others.
    """

    axes: Axes
    """In memory order."""
    init: Literal["fan_in", "zeros", "ones", "orthogonal"] = "fan_in"
    """How it starts."""
    fan: Axes = ()
    """Axes whose sizes multiply to n."""
    bias: bool = False
    """Is it added to what a matrix gives?"""
    gain: float = 1.0
    """Of an orthogonal start."""

    @property
    def columns(self) -> int:
        """How many of its last axes are those of the matrix's columns."""
        return len(self.fan) if self.fan and self.axes[-len(self.fan):] == self.fan else 1


@dataclass(frozen=True)
class Statistic:
    """What a node remembers between updates, neither weight nor activation: its axes and the number it starts as."""

    axes: Axes
    start: float = 0.0


@dataclass(frozen=True)
class Rewrites:
    """The port at which a node stands, and weights that this node must have, for another to rewrite them."""

    port: str
    weights: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """Where rows of an operand's axis stand in an output: row ``i`` at row ``i + shift`` of ``axis``.

    ``shift`` is the number of rows of the axes ``after`` (of ``before``, taken away), plus ``row``. With ``axis`` None
    nothing but row ``row`` is read.
    """

    axis: str | None
    after: Axes = ()
    before: Axes = ()
    row: int = 0


@dataclass(frozen=True)
class Duel:
    """Ports by what they mean. Where ``values`` are some bests plus ``advantages``, none of these above 0, and
    ``importance`` is not negative, no output exceeds what it is with the same bests and advantages of 0."""

    values: str
    advantages: str
    importance: str


@dataclass(frozen=True)
class Fills:
    """Ports by what they mean: element by element, the ``data`` where the ``mask`` is true, else the ``filler``."""

    data: str
    mask: str
    filler: str
