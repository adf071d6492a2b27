"""What a warehouse of RWARE looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.suites.look import Flags, Floats
from compose.graph.schema import EntitySchema


class RwareLook:
    """Looks at a ``Warehouse``."""

    def __init__(self, env: Any, schema: EntitySchema) -> None:
        self._env, self._schema = env, schema

    def begin(self) -> None:
        """Shelves have their slots from the package."""

    def entities(self) -> Floats:
        """(entity feature)."""
        env, agents = self._env, self._schema.agents
        rows = np.zeros((self._schema.entities, self._schema.sizes["feature"]), np.float32)
        first = agents + len(env.shelfs)
        rows[:agents, 0], rows[agents:first, 1], rows[first:, 2] = 1, 1, 1
        rows[:, 3:5] = self._places() / np.array(env.grid_size)[::-1]
        for row, robot in zip(rows, env.agents, strict=False):
            row[5 + robot.dir.value] = 1
            row[9] = robot.carrying_shelf is not None
            row[10] = env.highways[robot.y, robot.x]
        for shelf in env.request_queue:
            rows[agents + shelf.id - 1, 11] = 1
        return rows

    def visible(self) -> Flags:
        """(agent entity): what is as near as the robot's sensors reach, and the goals."""
        places = self._places()
        away = np.abs(places - places[: self._schema.agents, None])
        near: Flags = (away <= self._env.sensor_range).all(2)
        near[:, -len(self._env.goals) :] = True
        return near

    def reached(self) -> bool:
        """Never: the work has no end."""
        return False

    def _places(self) -> NDArray[np.int64]:
        """(entity 2) x and y."""
        env = self._env
        return np.array([*((one.x, one.y) for one in (*env.agents, *env.shelfs)), *env.goals])
