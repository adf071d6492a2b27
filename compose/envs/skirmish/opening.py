"""How battles begin: who fights, where, under which tags, and for what reward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces, snap
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.muster import Muster
from compose.envs.skirmish.settings import Settings
from compose.envs.skirmish.spawn import PASSES, Spawn, draw_tasks
from compose.envs.skirmish.tables import tables
from compose.envs.skirmish.worth import KILL, TOTAL, WIN, scales
from compose.envs.starcraft.scenario_model import Scenario
from compose.kernels.random import Seeds, bits, keys

Settle = Callable[[Forces, Tensor, int], Tensor]
"""Makes units at positions [xy battle unit] make room for one another, so many times."""


class Opening:
    """Draws how battles begin; what is not drawn is computed once."""

    def __init__(self, scenario: Scenario, settings: Settings, ground: Ground, device: torch.device) -> None:
        self._scenario, self._settings, self._ground = scenario, settings, ground
        self._tables, self._choices = tables().to(device), torch.tensor(scenario.reaches(), device=device)
        self._spawn, self._muster = Spawn(scenario, device), Muster(scenario, device)
        self._task_scales = torch.tensor(scales(scenario, settings.reward == "task"), device=device)
        self._allies, self._units = scenario.agents, scenario.agents + scenario.enemies
        self._shuffles = settings.tags == "random" and len(scenario.shape) > 1
        self._fixed = self._spawn.fixed and not self._muster.drawn
        self._begun: tuple[Tensor, Battle] | None = None
        self.task: Tensor
        """int64 [battle]."""
        self.forces: Forces
        self.enemy_start: Tensor
        """Where the enemies begin, in the mean: float32 [xy battle 1]."""
        self.tag: Tensor
        """int64 [battle unit]: enemies first, then allies; shuffled within each side."""
        self.scale: Tensor
        """What rewards are multiplied by [battle]."""

    def draw(self, episodes: Tensor, seed: Seeds, settle: Settle) -> Battle:
        """The battles of these episodes, as they begin; all else is in the attributes."""
        self.task = draw_tasks(len(self._scenario.tasks), episodes, seed)
        if not (self._fixed and self._begun is not None and torch.equal(self._begun[0], self.task)):
            self._begun = self.task, self._battle(episodes, seed, settle)
        self.tag, self.scale = self._tags(episodes, seed), self._scales()
        return replace(self._begun[1])

    def muster(self, kind: Tensor, present: Tensor) -> Forces:
        """The forces of units of these kinds [battle unit]."""
        return Forces(kind, present, self._allies, self._tables, self._choices)

    def _battle(self, episodes: Tensor, seed: Seeds, settle: Settle) -> Battle:
        spawn, task = self._spawn, self.task
        kind = self._muster.kinds(spawn.kind[task], task, episodes, seed)
        place, start = spawn.places(task, episodes, seed)
        if self._muster.drawn:
            order = self._muster.order(kind, place, task)
            kind, place = kind.gather(1, order), place.gather(2, order.expand(2, -1, -1))
        self.forces = forces = self.muster(kind, spawn.present[task])
        place = settle(forces, self._ground.slide(start, place, forces.gait), PASSES)
        march = spawn.goals(place, forces, task, episodes, seed)
        return self._fresh(place, march)

    def _fresh(self, place: Tensor, march: Tensor) -> Battle:
        """Fresh units at ``place`` [xy battle unit], opponents on the way to ``march`` [xy battle 1]."""
        forces = self.forces
        goal, enemy = march.repeat(1, 1, self._units), forces.slot >= self._allies
        theirs = forces.present & enemy
        self.enemy_start = snap((place * theirs).sum(2) / theirs.sum(1))[..., None]
        goal[:, :, : self._allies] = self.enemy_start
        walks = self._scenario.goal != "hold" and self._settings.opponent not in ("hold", "passive")
        return replace(Battle.begin(forces, place, goal), pace=forces.march * (~enemy | walks))

    def _tags(self, episodes: Tensor, seed: Seeds) -> Tensor:
        slot, enemies = self.forces.slot, self._units - self._allies
        fixed = torch.where(slot < self._allies, slot + enemies, slot - self._allies).expand(len(episodes), -1)
        if not self._shuffles:
            return fixed.contiguous()
        draw = bits(keys(seed, "tag"), episodes[:, None] * self._units + slot)
        sides = [draw[:, : self._allies].argsort(1).argsort(1) + enemies, draw[:, self._allies :].argsort(1).argsort(1)]
        return torch.cat(sides, 1)

    def _scales(self) -> Tensor:
        by_set = self._task_scales[self.task]
        if self._settings.reward == "set" or not self._muster.drawn:
            return by_set
        theirs = self.forces.present[:, self._allies :]
        worth = (self.forces.max_health + self.forces.max_shield)[:, self._allies :].sum(1)
        return TOTAL / (WIN + KILL * theirs.sum(1) + worth)
