"""Predator-prey as pictures: a grid of cells, marks with as many corners as capabilities count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from compose.envs.interface import Fields
from compose.envs.pictures.scene import FLOOR, WALL, Bools, Floats, Ints, Moment, Stage
from compose.envs.prey.dynamics import CAPTURE

if TYPE_CHECKING:
    from compose.envs.prey.environment import PredatorPrey

RADIUS = 0.44
"""Of predators and preys, in cells."""
MOMENTS = 4
"""In a step: predators and preys are seen walking."""


class GridCamera:
    """Looks at the first episode of the batch. Lines lead from predators that strike to the preys beside them."""

    def __init__(self, env: PredatorPrey) -> None:
        self._env = env

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        env = self._env
        agents, preys, _ = env.settings.slots
        here = fields["present"][0].cpu().numpy()
        self._here, self._landmarks = np.flatnonzero(here[: agents + preys]), here[agents + preys :]
        self._agents = int(here[:agents].sum())
        power = fields["entities"][0, self._here, -1].cpu().numpy().astype(np.int64)
        powers = sorted({*power.tolist()})
        predator = np.arange(len(self._here)) < self._agents
        self._cells, self._position, self._time = self._where(), self._places(), 0
        cells = np.full((env.settings.size,) * 2, FLOOR, np.uint8)
        for x, y in self._xy(env.landmark)[self._landmarks].astype(np.int64).tolist():
            cells[y, x] = WALL
        return Stage(
            name=env.schema.name, limit=env.schema.limit, sides=("predators", "preys"),
            kinds=tuple(f"capability {number}" for number in powers), side=np.stack((predator, ~predator), 1),
            kind=np.searchsorted(powers, power), radius=np.full(len(power), RADIUS),
            task=env.schema.tasks[int(fields["task"][0])] if len(env.schema.tasks) > 1 else "", cells=cells,
            entity=self._here,
            area=(0, 0, env.settings.size, env.settings.size), words=("all captured", "not all captured"),
        )  # fmt: skip

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        start, was = self._position, self._alive(self._cells)
        strikes = self._strikes(was) if self._time else ()
        self._cells = self._where()
        alive = self._alive(self._cells)
        end = np.where(alive[:, None], self._places(), start)
        self._position, none = end, np.zeros((0, len(end)))
        if not self._time:
            self._time = 1
            return [Moment(0, end, alive, none)]
        found = [Moment(self._time - 1 + part, start + (end - start) * part, alive if part == 1 else was, none,
                        shots=strikes if part < 2 / MOMENTS else ())
                 for part in ((i + 1) / MOMENTS for i in range(MOMENTS))]  # fmt: skip
        self._time += 1
        return found

    def _strikes(self, alive: Bools) -> tuple[tuple[int, int], ...]:
        """Who captured, and the preys that were beside it then."""
        env, number = self._env, self._agents
        action = env.action[0].cpu().numpy()[self._here[:number]]
        agents, preys = self._where()[:number], self._cells[number:]
        apart = np.abs(agents[:, None] - preys)
        beside = ((apart == 1) | (apart == env.map.width)) & alive[number:] & (action == CAPTURE)[:, None]
        return tuple((int(agent), number + int(prey)) for agent, prey in np.argwhere(beside))

    def _where(self) -> Ints:
        """[unit] cells of predators and preys."""
        cells = (each[0].cpu().numpy() for each in (self._env.agent, self._env.prey))
        found: Ints = np.concatenate([*cells])[self._here]
        return found

    def _alive(self, cells: Ints) -> Bools:
        on: Bools = cells != self._env.map.nowhere
        return on

    def _places(self) -> Floats:
        """[unit xy]"""
        both = [self._xy(each) for each in (self._env.agent, self._env.prey)]
        return np.concatenate(both)[self._here]

    def _xy(self, cell: Tensor) -> Floats:
        """Of the first episode, the first row at the top [slot xy]."""
        cells, width = cell[0].cpu().numpy(), self._env.map.width
        return np.stack((cells % width - 0.5, self._env.settings.size - (cells // width - 1.5)), 1)
