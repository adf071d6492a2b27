"""Where armies begin that begin elsewhere in every episode, after SMACv2."""

from __future__ import annotations

import math
from itertools import accumulate

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.skirmish.battle import snap
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.terrain import rectangle
from compose.envs.starcraft.units import UNITS
from compose.kernels.random import Seeds, bits, integers, keys, uniform

GROUPS = 4
"""Of enemies who surround, at most: one on each way from the centre to a corner."""
NEAREST = 2.0
"""How near to the centre a group may begin, along x and along y."""
MIDDLE = 1.0
"""What is left free on the left of the middle where each army has a half."""
SPREAD = 0.5
"""Units at one point begin like the seeds of a sunflower: the k-th is so many cells times the root of k away."""


class Starts:
    """Draws the first positions of a scenario that has ``starts``."""

    def __init__(self, scenario: Scenario, device: torch.device) -> None:
        starts, box = scenario.starts, rectangle(scenario.terrain)
        assert starts is not None
        assert box is not None
        weights = (starts.random, starts.reflect, starts.surround)
        heights = [height / sum(weights) for height in accumulate(weights)]
        self._heights = torch.tensor(heights, dtype=torch.float64).to(device, torch.float32)
        self._left, self._low, self._right, self._high = map(float, box)
        self._edges = rearrange(torch.tensor(box, device=device).float(), "(end xy) -> xy end 1 1", xy=2)
        """[xy end battle group]"""
        self._allies, self._units = scenario.agents, scenario.agents + scenario.enemies
        self._room = 1.1 * max(UNITS[kind].separation for kind in scenario.kinds)
        """The radius of the ground that a group of one needs; a larger one needs as many times its area."""
        self._slot = torch.arange(self._units, device=device)
        self._corners = torch.tensor([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)], device=device).T
        turn = math.pi * (3 - math.sqrt(5))
        seeds = [(SPREAD * math.sqrt(k) * math.cos(k * turn), SPREAD * math.sqrt(k) * math.sin(k * turn))
                 for k in range(self._units)]
        self._seeds = snap(torch.tensor(seeds, dtype=torch.float64).float().T.contiguous()).to(device)

    def positions(self, present: Tensor, episodes: Tensor, seed: Seeds) -> Tensor:
        """[xy battle unit], from the centre, on the ground or at its edge; before units make room for each other."""
        way = (self._heights <= uniform(keys(seed, "start"), episodes[:, None])).sum(1)[:, None]
        halves, around = self._halves(episodes, seed), self._around(present, episodes, seed)
        ours = halves[:, :, : self._allies]
        mirrored = torch.stack((-ours[0], ours[1]))
        other = self._slot - self._allies
        twin = other.clamp(0, self._allies - 1).expand(2, len(episodes), -1)
        pairs = (other >= 0) & (other < present[:, : self._allies].sum(1, keepdim=True)) & (way == 1)
        found = torch.where(pairs, mirrored.gather(2, twin), halves)
        return torch.where(way == 2, around, found).where(present, 0)

    def _halves(self, episodes: Tensor, seed: Seeds) -> Tensor:
        """Everybody anywhere in the own half."""
        counters = (episodes[:, None] * self._units + self._slot) * 2
        x, y = (uniform(keys(seed, "start at"), counters + axis) for axis in (0, 1))
        ours = self._slot < self._allies
        x = torch.where(ours, self._left + x * (-MIDDLE - self._left), x * self._right)
        return snap(torch.stack((x, self._low + y * (self._high - self._low))))

    def _around(self, present: Tensor, episodes: Tensor, seed: Seeds) -> Tensor:
        """Allies in the centre, enemies in groups."""
        count = integers(keys(seed, "groups"), episodes[:, None], GROUPS) + 1
        ways = episodes[:, None] * GROUPS + torch.arange(GROUPS, device=episodes.device)
        corner = self._corners[:, bits(keys(seed, "corners"), ways).argsort(1)]
        near = uniform(keys(seed, "groups at"), ways)
        first, last = self._edges.unbind(1)
        edge = torch.where(corner > 0, last, first)
        group = integers(keys(seed, "group"), episodes[:, None] * self._units + self._slot, count)
        enemy = self._slot >= self._allies
        here = (group[..., None] == torch.arange(GROUPS, device=group.device)) & enemy[:, None] & present[..., None]
        room = torch.minimum(self._room * here.sum(1).float().sqrt(), (last - first) / 2)  # [xy battle group]
        at = near * NEAREST * corner + (1 - near) * edge  # [xy battle group]
        at = snap(torch.minimum(torch.maximum(at, first + room), last - room))
        mates = (group[:, :, None] == group[:, None]) & enemy & enemy[:, None]
        number = torch.where(enemy, mates.tril(-1).sum(2), self._slot)
        place = torch.where(enemy, at.gather(2, group.expand(2, -1, -1)), 0.0)
        return place + self._seeds[:, number]
