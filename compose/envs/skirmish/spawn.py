"""Where units begin."""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.skirmish.battle import Forces, snap
from compose.envs.skirmish.starts import Starts
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.task import Drawn, Squad, Task
from compose.envs.starcraft.terrain import SIZE
from compose.envs.starcraft.units import UNITS
from compose.kernels.random import Seeds, integers, keys, uniform

GAP = 0.05
"""Between the units of a squad, which begin as a square."""
PASSES = 20
"""Times that overlapping units make room before a battle begins."""


class Spawn:
    """Draws the first positions of a scenario's battles."""

    def __init__(self, scenario: Scenario, device: torch.device) -> None:
        self._ring, self._goal = scenario.ring, scenario.goal
        self.fixed = scenario.ring is None and scenario.starts is None and scenario.goal != "between"
        """Whether nothing but the task is drawn."""
        allies, units = scenario.agents, scenario.agents + scenario.enemies
        rows = [_slots(task, allies, units) for task in scenario.tasks]
        kinds = list(UNITS)
        self.kind = torch.tensor([[kinds.index(s.kinds[0]) if s else 0 for s, _, _ in row] for row in rows],
                                 device=device)
        """Of drawn units, anything."""
        self.present = torch.tensor([[s is not None for s, _, _ in row] for row in rows], device=device)
        self._squad = torch.tensor([[number for _, number, _ in row] for row in rows], device=device)
        offsets = torch.tensor([[offset for _, _, offset in row] for row in rows], device=device)
        self._offset = rearrange(offsets, "task unit xy -> xy task unit")
        points = [[s.at if s and s.at else (SIZE / 2, SIZE / 2) for s, _, _ in row] for row in rows]
        self._point = rearrange(torch.tensor(points, device=device), "task unit xy -> xy task unit") - SIZE / 2
        self._ally = torch.arange(units, device=device) < allies
        self._squads = int(self._squad.max()) + 1
        self._starts = Starts(scenario, device) if scenario.starts else None

    def places(self, task: Tensor, episodes: Tensor, seed: Seeds) -> tuple[Tensor, Tensor]:
        """Where units begin before they make room, and from where that can be reached; both [xy battle unit]."""
        if self._starts is not None:
            place = self._starts.positions(self.present[task], episodes, seed)
            return place, torch.zeros_like(place)
        place = self._point[:, task] if self._ring is None else self._on_ring(task, episodes, seed)
        return snap(place + self._offset[:, task]), place

    def goals(self, position: Tensor, forces: Forces, task: Tensor, episodes: Tensor, seed: Seeds) -> Tensor:
        """Where enemies march to [xy battle 1]."""
        if isinstance(self._goal, tuple):
            point = torch.tensor(self._goal, device=position.device) - SIZE / 2
            return point[:, None, None].expand(2, len(task), 1).contiguous()
        here = forces.present & self._ally
        if self._goal == "between":
            points = self._point[:, task]
            first, last = points.where(here, torch.inf).amin(2, True), points.where(here, -torch.inf).amax(2, True)
            return snap(first + (last - first) * uniform(keys(seed, "goal"), episodes[:, None]))
        return snap((position * here).sum(2, keepdim=True) / here.sum(1, keepdim=True))

    def _on_ring(self, task: Tensor, episodes: Tensor, seed: Seeds) -> Tensor:
        """The army's place on the ring plus the squad's jitter [xy battle unit]."""
        assert self._ring is not None
        turn = uniform(keys(seed, "angle"), episodes[:, None]).double().cpu() if self._ring.rotate else 0.5
        angle = (2 * math.pi * turn) * torch.ones(len(task), 1, dtype=torch.float64)
        army = torch.stack((angle.cos(), angle.sin())).mul(self._ring.distance).float().to(task.device)
        army = snap(army) * torch.where(self._ally, 1, -1)
        squad = self._squad[task]
        counters = (episodes[:, None] * self._squads + squad) * 2
        draws = torch.stack([uniform(keys(seed, "jitter at the start"), counters + axis) for axis in (0, 1)])
        return army + snap((2 * draws - 1) * self._ring.jitter)


def draw_tasks(count: int, episodes: Tensor, seed: Seeds) -> Tensor:
    """A task for every episode, all equally likely: int64 [battle]."""
    if count == 1:
        return torch.zeros_like(episodes)
    return integers(keys(seed, "task"), episodes[:, None], count)[:, 0]


def _slots(task: Task, allies: int, units: int) -> list[tuple[Squad | Drawn | None, int, tuple[float, float]]]:
    """For each slot: its squad, the squad's number, and where in the squad it stands."""
    row: list[tuple[Squad | Drawn | None, int, tuple[float, float]]] = [(None, 0, (0.0, 0.0))] * units
    number = 0
    for start, squads, sign in ((0, task.allies, 1), (allies, task.enemies, -1)):
        slot = start
        for squad in squads:
            for x, y in _square(squad):
                row[slot] = (squad, number, (sign * x, sign * y))
                slot += 1
            number += 1
    return row


def _square(squad: Squad | Drawn) -> list[tuple[float, float]]:
    """Places of a squad's units around its point: rows of a square, the last one centred."""
    side = math.ceil(math.sqrt(squad.count))
    step = 2 * max(UNITS[kind].separation for kind in squad.kinds) + GAP
    rows = [min(side, squad.count - first) for first in range(0, squad.count, side)]
    return [((x - (row - 1) / 2) * step, (y - (len(rows) - 1) / 2) * step)
            for y, row in enumerate(rows) for x in range(row)]
