"""What a picture of an episode shows, as plain numbers: a stage that stays, and moments. Drawing knows nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from compose.envs.interface import Fields

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WALL, FLOOR, CLIFF = 0, 1, 2
"""What a cell of a stage is."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What stays the same for an episode. U units take part; lengths are in whatever the environment counts in."""

    name: str
    """Of the environment."""
    limit: int
    """Steps after which the episode ends at the latest."""
    sides: tuple[str, ...]
    """Teams or groups, each with a colour of its own."""
    kinds: tuple[str, ...]
    """Types of units, each with a mark of its own; one kind needs no mark."""
    side: Bools
    """[unit side]: which a unit belongs to; it may be several."""
    kind: Ints
    """[unit]"""
    radius: Floats
    """[unit]"""
    task: str = ""
    """Of the episode; empty where there is one only."""
    meters: tuple[str, ...] = ()
    """What the rings around units measure, from the inside out, such as health."""
    cells: NDArray[np.uint8] | None = None
    """``WALL``, ``FLOOR`` or ``CLIFF`` [y x]: cell (x, y) reaches from x to x + 1 and from y to y + 1."""
    rooms: tuple[Floats, ...] = ()
    """Polygons of floor [point xy]."""
    notes: tuple[tuple[float, float, str], ...] = ()
    """x, y and what is written there."""
    area: tuple[float, float, float, float] | None = None
    """What is shown, as left, bottom, right, top; None: wherever units are in the course of the episode."""
    entity: Ints | None = None
    """[unit] The entity that a unit is, -1 for none; None: the units are the entities that are present, in their
    order."""
    words: tuple[str, str] = ("solved", "not solved")
    """What is said of an episode that ended in success, and of one that did not."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How things are at one time, and what happened since the moment before."""

    time: float
    """In steps."""
    position: Floats
    """[unit xy]"""
    alive: Bools
    """[unit]"""
    meters: Floats
    """[meter unit] from 0 to 1; nan for units that have no such thing."""
    shots: tuple[tuple[int, int], ...] = ()
    """Who hit whom."""
    heals: tuple[tuple[int, int], ...] = ()
    """Who healed whom."""
    blasts: tuple[tuple[int, Floats], ...] = field(default=())
    """Who hit everything in which area, a polygon [point xy]."""
    views: tuple[tuple[int, Floats], ...] = field(default=())
    """Who sees in which area, a polygon [point xy], where that is worth showing."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What somebody computed about the units of a film, step by step, to be laid over it."""

    name: str
    """What it is called below the picture."""
    links: Floats | None = None
    """[step unit unit] How much the first looks at the second, from 0 to 1."""
    groups: Ints | None = None
    """[step unit] The group that a unit is in, by number; -1 for none."""
    shares: Floats | None = None
    """[step unit] How surely, from 0 to 1; None: surely."""
    words: tuple[str, ...] = ()
    """What groups are called; their numbers unless told."""


class Camera(Protocol):
    """Looks at the first episode of an environment's batch, from its reset on."""

    def stage(self, fields: Fields) -> Stage:
        """The stage of the episode that has just begun; ``fields`` are what the reset gave."""

    def look(self, fields: Fields) -> list[Moment]:
        """The moments since the last look, the last one being how things are now.

        The first look comes after :meth:`stage` and gives the moment at which the episode begins; another follows each
        step, with the fields that it gave.
        """
