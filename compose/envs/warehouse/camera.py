"""Warehouses as pictures: cells in the colours of what they take, robots with dots in those of what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from compose.envs.interface import Fields
from compose.envs.pictures.marks import circle
from compose.envs.pictures.places import around
from compose.envs.pictures.scene import FLOOR, WALL, Floats, Moment, Stage
from compose.envs.warehouse.floor import ITEMS, STATION
from compose.envs.warehouse.floor import WALL as BLOCKED
from compose.envs.warehouse.settings import ORDER

if TYPE_CHECKING:
    from compose.envs.warehouse.environment import Warehouse

CELL, ROBOT, DOT = 0.45, 0.18, 0.07
"""Radii, in cells."""
TAKERS = (STATION, *ITEMS)
RIM = 0.25
"""How much of the wall around the floor is shown, in cells: several robots in one cell reach as far."""
AWAY = -9.0
"""Where dots are that are not shown."""


class FloorCamera:
    """Looks at the first warehouse of the batch. The ring around a robot says how much of its order is left."""

    def __init__(self, env: Warehouse) -> None:
        self._env = env

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`. Units are cells, robots, and five dots for each robot."""
        schema, floor = self._env.schema, self._env.settings.floor
        self._time, robots, kinds = 0, schema.agents, np.array(floor.kinds)
        cells = [number for kind in TAKERS for number in floor.of(kind)]
        self._cells = self._places(np.array(cells))
        sides = np.concatenate((kinds[cells].clip(1), np.zeros(robots), np.tile((1, *ITEMS), robots))).astype(int)
        counts = len(cells), robots, robots * len(TAKERS)
        return Stage(
            name=schema.name, limit=schema.limit,
            sides=("robots", "stations", *(f"take {kind}" for kind in ITEMS)), kinds=("",),
            side=np.eye(len(TAKERS) + 1, dtype=bool)[sides], kind=np.zeros(sum(counts), np.int64),
            radius=np.repeat((CELL, ROBOT, DOT), counts), meters=("left of the order",),
            entity=np.concatenate((np.full(counts[0], -1), np.arange(counts[1]), np.full(counts[2], -1))),
            cells=np.where(kinds == BLOCKED, WALL, FLOOR).astype(np.uint8).reshape(floor.width, floor.height).T,
            area=(-RIM, -RIM, floor.width + RIM, floor.height + RIM), words=("an order", "no order"),
        )  # fmt: skip

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        env = self._env
        robots = around(self._places(env.cell[0].cpu().numpy()), 2.1 * ROBOT)
        needs = env.open[0].cpu().numpy()[:, list(TAKERS)]
        dots = robots[:, None] + (ROBOT + DOT) * circle(len(TAKERS))
        dots[needs == 0] = AWAY
        left = needs[:, 1:].sum(1) / ORDER
        blank = np.full(len(self._cells), np.nan), np.full(dots[..., 0].size, np.nan)
        place = np.concatenate((self._cells, robots, dots.reshape(-1, 2)))
        self._time += 1
        return [Moment(float(self._time - 1), place, np.ones(len(place), bool),
                       np.concatenate((blank[0], left, blank[1]))[None])]

    def _places(self, cell: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """The middles of cells [cell xy]."""
        height = self._env.settings.floor.height
        middle: Floats = np.stack((cell // height, cell % height), 1).astype(np.float64) + 0.5
        return middle
