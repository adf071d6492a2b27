"""A camera for any environment that says where its agents are."""

from __future__ import annotations

import math

import numpy as np

from compose.envs.interface import Fields
from compose.envs.pictures.scene import Floats, Moment, Stage
from compose.graph.schema import EntitySchema

RADIUS = 0.015
"""Of agents, the map being 1 wide."""


class Places:
    """Looks at the field ``position``: agents as dots on an empty map. Those that are not ``active`` count as dead."""

    def __init__(self, schema: EntitySchema) -> None:
        self._schema = schema

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        present = fields["present"][0, : self._schema.agents].cpu().numpy()
        self._agents, self._time = np.flatnonzero(present), 0
        count = len(self._agents)
        square = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), float)
        tasks = self._schema.tasks
        return Stage(
            name=self._schema.name, limit=self._schema.limit, sides=("agents",), kinds=("agent",),
            side=np.ones((count, 1), bool), kind=np.zeros(count, np.int64), radius=np.full(count, RADIUS),
            task=tasks[int(fields["task"][0])] if len(tasks) > 1 else "", rooms=(square,),
            area=(-0.05, -0.05, 1.05, 1.05),
        )  # fmt: skip

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        position = fields["position"][0].cpu().double().numpy()[self._agents]
        alive = fields["active"][0].cpu().numpy()[self._agents]
        self._time += 1
        return [Moment(self._time - 1, position, alive, np.zeros((0, len(self._agents))))]


def around(place: Floats, apart: float) -> Floats:
    """Places [unit xy], of which those that are the same are moved around their middle, ``apart`` from each other."""
    found = place.copy()
    for spot in np.unique(place, axis=0):
        here = np.flatnonzero((place == spot).all(1))
        number = np.arange(len(here))
        if len(here) > 1:  # like the seeds of a sunflower
            distance, angle = 0.6 * apart * np.sqrt(number + 0.5), number * math.pi * (3 - math.sqrt(5))
            found[here] += distance[:, None] * np.stack((np.cos(angle), np.sin(angle)), 1)
    return found
