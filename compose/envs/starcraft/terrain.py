"""Terrains as data (``terrains.yaml`` beside this file): where units can walk. No torch here."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import Field as Limits
from pydantic import TypeAdapter
from yaml import safe_load

from compose.envs.starcraft.units import UnitType
from compose.graph.fields import Model
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

if TYPE_CHECKING:
    from numpy import bool_
    from numpy.typing import NDArray

SIZE = 32
"""Cells of a map on each side; cell (x, y) reaches from x to x + 1 and from y to y + 1."""
CENTRE = 16.0
"""Both coordinates of a map's centre, from which snapshots count."""
Cells = frozenset[tuple[int, int]]


class Terrain(Model):
    """Rows of cells; ranges such as ``8-23`` include both ends."""

    rows: dict[int | str, str]
    """The walkable cells x of each row y."""
    cliffs: dict[int | str, str] = Limits(default_factory=dict)
    """Cells that Colossi step over and nobody else can walk on."""


def cells(name: str, unit: UnitType | None = None) -> Cells:
    """The cells (x, y) on which ``unit`` can be (None: one that walks); units of the air can be anywhere.

    Raises:
        SpecError: If there is no such terrain.
    """
    if name not in TERRAINS:
        raise SpecError(Diagnostic("scenario.terrain", f"no terrain '{name}'", hint=did_you_mean(name, TERRAINS),
                                   notes=(f"terrains: {', '.join(TERRAINS)}",)))
    layers = () if unit is None else unit.layers
    everywhere, ground, cliffs = _read(name)
    return everywhere if layers == ("air",) else ground if "giant" in layers else ground - cliffs


def rectangle(name: str) -> tuple[int, int, int, int] | None:
    """What can be walked on as left, bottom, right, top, counted from the centre; None if it is no rectangle around it.

    Raises:
        SpecError: If there is no such terrain.
    """
    found = cells(name)
    (left, *_, right), (low, *_, high) = (sorted({cell[axis] for cell in found}) for axis in (0, 1))
    middle = int(CENTRE)
    whole = len(found) == (right + 1 - left) * (high + 1 - low) and left < middle <= right and low < middle <= high
    return (left - middle, low - middle, right + 1 - middle, high + 1 - middle) if whole else None


def walkable(name: str, *, giant: bool = False) -> NDArray[bool_]:
    """Where one can walk, bool [32 y, 32 x]; ``giant``: as a Colossus.

    Raises:
        SpecError: If there is no such terrain.
    """
    import numpy

    grid = numpy.zeros((SIZE, SIZE), dtype=bool)
    cells(name)
    _, ground, cliffs = _read(name)
    for x, y in ground if giant else ground - cliffs:
        grid[y, x] = True
    return grid


@cache
def _read(name: str) -> tuple[Cells, Cells, Cells]:
    """All cells, those of the rows, those of the cliffs."""
    every = range(SIZE)
    terrain = TERRAINS[name]
    return (frozenset((x, y) for x in every for y in every), _cells(terrain.rows), _cells(terrain.cliffs))


def _cells(rows: dict[int | str, str]) -> Cells:
    return frozenset((x, y) for ys, xs in rows.items() for y in _range(str(ys)) for x in _range(xs))


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _load() -> dict[str, Terrain]:
    text = (files("compose.envs.starcraft") / "terrains.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Terrain]).validate_python(safe_load(text))


TERRAINS: dict[str, Terrain] = _load()
"""Every terrain by name."""
