"""Who fights where types are drawn by weights, anew in every episode."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.task import SIDES, Drawn, Task
from compose.envs.starcraft.terrain import SIZE
from compose.envs.starcraft.units import GRID, UNITS
from compose.kernels.random import Seeds, keys, uniform

KINDS = tuple(UNITS)


class Muster:
    """Draws the types of units. All draws of an episode stand in a row, team by team.

    Units are independent, given that not all of a team have types that are barred from being alone: what drawing again
    until somebody else is there gives. One pass draws it. Let q be the chance of a barred type. While all before it are
    barred, a unit with m - 1 after it is barred with ``q (1 - q^(m-1)) / (1 - q^m)``; after that, with q.
    """

    def __init__(self, scenario: Scenario, device: torch.device) -> None:
        allies = scenario.agents
        rows = [_Row(task, allies, allies + scenario.enemies) for task in scenario.tasks]
        width = max(len(row.begun) for row in rows)

        def table(values: list[list[float]], kind: torch.dtype = torch.float32) -> Tensor:
            return torch.tensor(values, dtype=torch.float64).to(device, kind)

        self.drawn = width > 0
        """Whether anything is drawn at all."""
        self._allies, self._width = allies, width
        self._source = table([[float(x) for x in row.source] for row in rows], torch.int64)
        self._rank = table([row.rank for row in rows], torch.int64)
        self._team = table([[*map(float, row.begun), *[0.0] * (width - len(row.begun))] for row in rows], torch.int64)
        free, bound = ([[*getattr(row, name), *[0.0] * (width - len(row.begun))] for row in rows]
                       for name in ("free", "bound"))
        self._free, self._bound = table(free), table(bound)
        full = [[1.0] * len(KINDS)] * 2
        heights = [[*row.heights, *[full] * (width - len(row.begun))] for row in rows]
        self._heights = torch.tensor(heights, dtype=torch.float64).to(device, torch.float32)

    def kinds(self, kind: Tensor, task: Tensor, episodes: Tensor, seed: Seeds) -> Tensor:
        """Places in ``UNITS`` [battle unit]: ``kind``, but for units that are drawn."""
        if not self.drawn:
            return kind
        counters = episodes[:, None] * self._width + torch.arange(self._width, device=episodes.device)
        barred = self._barred(task, uniform(keys(seed, "barred"), counters))
        heights = self._heights[task].gather(2, barred[..., None, None].long().expand(-1, -1, 1, len(KINDS)))[:, :, 0]
        drawn = (heights <= uniform(keys(seed, "type"), counters)[..., None]).sum(2)
        source = self._source[task]
        return torch.where(source >= 0, drawn.gather(1, source.clamp(min=0)), kind)

    def order(self, kind: Tensor, place: Tensor, task: Tensor) -> Tensor:
        """Who fills which slot [battle unit]: drawn allies by type, x and y, as in SMACv2; all others as they are."""
        ours = slice(0, self._allies)
        source, slot = self._source[task], torch.arange(kind.shape[1], device=kind.device)
        rank = self._rank[task].gather(1, kind[:, ours])
        x, y = ((place[:, :, ours] + SIZE) * GRID).long().unbind()
        by_kind = (((rank << 20) + x) << 20) + y
        key = by_kind.where(source[:, ours] >= 0, (slot[ours] << 50) + (1 << 49))
        allies = key.argsort(dim=1, stable=True)
        return torch.cat((allies, slot[self._allies :].expand(len(kind), -1)), 1)

    def _barred(self, task: Tensor, draw: Tensor) -> Tensor:
        """Bool [battle draw]: whose type is one of those that may not be alone."""
        team, free = self._team[task], self._free[task]
        fighters = (draw >= self._bound[task]).long()
        before = fighters.cumsum(1) - fighters
        first = before == before.gather(1, team)
        return torch.where(first, draw < self._bound[task], draw < free)


class _Row:
    """What one task draws, in lists: each draw's team (where it begins), chances, and heights [barred type]."""

    def __init__(self, task: Task, allies: int, units: int) -> None:
        self.begun: list[int] = []
        self.free: list[float] = []
        self.bound: list[float] = []
        self.heights: list[list[list[float]]] = []
        self.source = [-1] * units
        self.rank = [0.0] * len(KINDS)
        teams: dict[tuple[object, ...], int] = {}
        sizes: dict[tuple[object, ...], int] = {}
        squads = [(slot, squad) for side, slot in zip(SIDES, (0, allies), strict=True)
                  for slot, squad in _placed(task, side, slot)]
        for _, squad in squads:
            sizes[_team(squad)] = max(squad.count, sizes.get(_team(squad), 0))
        for slot, squad in squads:
            if _team(squad) not in teams:
                teams[_team(squad)] = len(self.begun)
                self._draws(squad, sizes[_team(squad)])
            for i in range(squad.count):
                self.source[slot + i] = teams[_team(squad)] + i
            for rank, kind in enumerate(squad.weights):
                self.rank[KINDS.index(kind)] = rank

    def _draws(self, squad: Drawn, size: int) -> None:
        begun, whole = len(self.begun), sum(squad.weights.values())
        q = sum(weight for kind, weight in squad.weights.items() if kind in squad.not_only) / whole
        heights = [_heights([squad.weights.get(kind, 0) * ((kind in squad.not_only) == barred) for kind in KINDS])
                   for barred in (False, True)]
        for m in range(size, 0, -1):
            self.begun.append(begun)
            self.free.append(q)
            self.bound.append(q * (1 - q ** (m - 1)) / (1 - q**m))
            self.heights.append(heights)


def _placed(task: Task, side: str, slot: int) -> list[tuple[int, Drawn]]:
    """The drawn squads of a side, and their first slots."""
    found = []
    for squad in task.side(side):  # type: ignore[arg-type]
        if isinstance(squad, Drawn):
            found.append((slot, squad))
        slot += squad.count
    return found


def _team(squad: Drawn) -> tuple[object, ...]:
    return squad.team, *squad.weights.items(), squad.not_only


def _heights(chances: Sequence[float]) -> list[float]:
    """Numbers in [0, 1) below the first are of the first type, and so on; all 1 where nothing can be drawn."""
    sums = [*accumulate(chances)]
    return [height / sums[-1] if sums[-1] else 1.0 for height in sums]
