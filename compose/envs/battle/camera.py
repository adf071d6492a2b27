"""Battles as pictures: whoever shares a cell stands around its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from compose.envs.interface import Fields
from compose.envs.pictures.places import around
from compose.envs.pictures.scene import FLOOR, Moment, Stage

if TYPE_CHECKING:
    from compose.envs.battle.environment import Battle

RADIUS = 0.16
"""Of a unit, in cells."""


class GridCamera:
    """Looks at the first battle of the batch. Rings around units are their health."""

    def __init__(self, env: Battle) -> None:
        self._env = env

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        schema, (width, height) = self._env.schema, self._env.settings.size
        self._time = 0
        return Stage(
            name=schema.name, limit=schema.limit, sides=("agents", "opponents"), kinds=("unit",),
            side=np.eye(2, dtype=bool).repeat((schema.agents, schema.others), 0),
            kind=np.zeros(schema.entities, np.int64), radius=np.full(schema.entities, RADIUS), meters=("health",),
            cells=np.full((height, width), FLOOR, np.uint8), area=(0.0, 0.0, float(width), float(height)),
            words=("won", "not won"),
        )  # fmt: skip

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        env, height = self._env, self._env.grid.height
        both = zip(env.mine, env.theirs, strict=True)
        cell, health = (torch.cat((mine[0], theirs[0])).cpu().double().numpy() for mine, theirs in both)
        alive = health > 0
        place = np.stack((cell // height, cell % height), 1) + 0.5
        place[alive] = around(place[alive], 2.1 * RADIUS)
        self._time += 1
        return [Moment(float(self._time - 1), place, alive, (health / env.grid.scale.full)[None])]
