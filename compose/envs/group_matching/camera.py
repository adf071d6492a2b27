"""Group Matching as pictures: cells as rooms on a ring, agents in the colours of their groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from compose.envs.interface import Fields
from compose.envs.pictures.marks import circle
from compose.envs.pictures.scene import Bools, Floats, Ints, Moment, Stage

if TYPE_CHECKING:
    from compose.envs.group_matching.environment import GroupMatching

ROOM = 1.0
"""Radius of a cell."""
GAP = 0.35
"""Between neighbouring cells."""
WALL = 0.06
"""Between agents and the edge of their cell."""
LARGEST = 0.34
"""Radius of an agent, at most."""
MOMENTS = 4
"""In a step: agents are seen walking."""


class RingCamera:
    """Looks at the first episode of the batch. The ring around an agent says how much of its group shares its cell; of
    several groups, the best gathered."""

    def __init__(self, env: GroupMatching) -> None:
        self._env = env

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        env, cells = self._env, self._env.settings.cells
        task = int(fields["task"][0])
        groups = env.settings.games[task].groups
        present = fields["present"][0].cpu().numpy()
        self._here = np.flatnonzero(present)
        self._member: Bools = self._read(fields, cells, groups) > 0
        self._ring = (ROOM + GAP / 2) / math.sin(math.pi / max(cells, 3))
        self._centres = circle(cells) * (self._ring * np.array((-1, 1)))
        radius, self._spots = _spots(len(self._here))
        self._cells, self._time = self._where(fields), 0
        edge = self._ring + ROOM + 0.2
        return Stage(
            name=env.schema.name, limit=env.schema.limit, sides=tuple(f"group {g + 1}" for g in range(groups)),
            kinds=("agent",), side=self._member, kind=np.zeros(len(self._here), np.int64),
            radius=np.full(len(self._here), radius),
            task=env.schema.tasks[task] if len(env.schema.tasks) > 1 else "",
            meters=("share of the group in the cell",),
            rooms=tuple(centre + ROOM * circle(64) for centre in self._centres),
            notes=tuple((*(centre * (1 - 1.45 * ROOM / self._ring)).tolist(), str(number))
                        for number, centre in enumerate(self._centres)),
            area=(-edge, -edge, edge, edge),
        )  # fmt: skip

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        before, self._cells = self._cells, self._where(fields)
        parts = [0.0] if self._time == 0 else [(i + 1) / MOMENTS for i in range(MOMENTS)]
        start, end = (self._centres[cells] + self._spots for cells in (before, self._cells))
        met = self._gathered()
        alive = np.ones(len(self._here), bool)
        found = [Moment(max(self._time - 1, 0) + part, start + (end - start) * _eased(part), alive, met)
                 for part in parts]
        self._time += 1
        return found

    def _read(self, fields: Fields, first: int, size: int) -> Floats:
        """A stretch of the features of those who are present."""
        features: Floats = fields["entities"][0, :, first : first + size].cpu().double().numpy()
        return features[self._here]

    def _where(self, fields: Fields) -> Ints:
        cell: Ints = self._read(fields, 0, self._env.settings.cells).argmax(1).astype(np.int64)
        return cell

    def _gathered(self) -> Floats:
        """[1 unit]"""
        together = (self._cells[:, None] == self._cells)[..., None] & self._member[None]
        share: Floats = together.sum(1) / np.maximum(self._member.sum(0), 1) * self._member
        best: Floats = share.max(1)[None]
        return best


def _spots(agents: int) -> tuple[float, Floats]:
    """How large agents are, and where they stand in every cell, from its middle [agent xy]: like the seeds of a
    sunflower, so that all of them have room in one cell."""
    number = np.arange(agents)
    distance, angle = np.sqrt(number + 0.5), number * math.pi * (3 - math.sqrt(5)) + math.pi / 2
    seeds = distance[:, None] * np.stack((np.cos(angle), np.sin(angle)), 1) / distance[-1]
    apart = np.hypot(*(seeds[:, None] - seeds[None]).T)
    half = 0.48 * float(apart[~np.eye(agents, dtype=bool)].min()) if agents > 1 else 1.0
    radius = min(LARGEST, (ROOM - WALL) * half / (1 + half))
    return radius, (ROOM - WALL - radius) * seeds


def _eased(part: float) -> float:
    return part * part * (3 - 2 * part)
