"""Battle, batched: the learning agents act one after the other, then the opponents do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compose.envs.battle import dynamics
from compose.envs.battle.dynamics import ATTACK, RELEASED, TENTHS, Chance
from compose.envs.battle.settings import Settings
from compose.envs.battle.view import View
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, keys, uniform

if TYPE_CHECKING:
    from compose.envs.battle.camera import GridCamera


class Battle(Environment):
    """Agents against opponents that walk to whomever they see and hit whoever shares their cell.

    An episode ends when an army is dead; success is that it is the opponents'. At the limit it is truncated. All
    battles begin alike. ``cell`` and ``health`` (batch entity) are what there is to know, agents first; ``health`` is
    counted in :attr:`scale`.
    """

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema, self.settings, self.device = schema, settings, torch.device(device)
        (width, self._height), armies = settings.size, settings.armies
        self.scale = RELEASED if settings.official else TENTHS
        self._start = torch.tensor([x * self._height + y for army in armies for x, y in army], device=self.device)
        self._cells, self._ways = width * self._height, dynamics.ways(width, self._height).to(self.device)
        self._view = View(width, self._height, schema.agents, schema.others, self.scale, self.device)
        self._running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Put the armies into their formations; see :meth:`Environment.reset`."""
        batch, schema = len(episodes), self.schema
        self._time, self._running = 0, torch.ones(batch, dtype=torch.bool, device=self.device)
        self.cell = self._start.expand(batch, -1).clone()
        self.health = torch.full(self.cell.shape, self.scale.full, dtype=self.scale.dtype, device=self.device)
        self._keys = {name: keys(seed, name) for name in Chance._fields}
        slot = torch.arange(schema.entities, device=self.device)
        self._counters = episodes.to(self.device, torch.int64)[:, None] * (schema.limit * schema.entities) + slot
        return self._view.fields(self.cell, self.health)

    def step(self, action: Tensor) -> Transition:
        """Let everybody act once; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        counters = self._counters + self._time * self.schema.entities
        mine, theirs = counters[:, : self.schema.agents], counters[:, self.schema.agents :]
        key = self._keys
        return self.advance(action.to(self.device), Chance(
            turn=bits(key["turn"], mine), aim=uniform(key["aim"], mine),
            aimed=uniform(key["aimed"], theirs), move=uniform(key["move"], theirs)))  # fmt: skip

    def advance(self, action: Tensor, chance: Chance) -> Transition:
        """The step of given draws."""
        assert self._running is not None
        self._time += 1
        agents, running = self.schema.agents, self._running
        cell, health, hits, misses = self._agents_act(action, chance)
        cell, health, suffered = self._opponents_act(cell, health, chance)
        self.cell = torch.where(running[:, None], cell, self.cell)
        self.health = torch.where(running[:, None], health, self.health)
        alive = self.health > 0
        won = running & ~alive[:, agents:].any(1)
        over = won | (running & ~alive[:, :agents].any(1))
        cut = running & ~over if self._time >= self.settings.limit else torch.zeros_like(over)
        self._running = running & ~over & ~cut
        reward = dynamics.reward(hits, misses, suffered).where(running, 0)
        return Transition(reward=reward, terminated=over, truncated=cut, success=won,
                          fields=self._view.fields(self.cell, self.health))

    def camera(self) -> GridCamera:
        """Looks at the first battle."""
        from compose.envs.battle.camera import GridCamera

        return GridCamera(self)

    def _agents_act(self, action: Tensor, chance: Chance) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Cells and health after the agents' turn, their hits and their attacks on nobody (batch)."""
        cell, theirs = self.cell.split((self.schema.agents, self.schema.others), 1)
        health, their_health = self.health.split((self.schema.agents, self.schema.others), 1)
        attacks = (health > 0) & (action == ATTACK)
        meets = dynamics.occupied(theirs, their_health, self._cells).gather(1, cell)
        their_health, hits = dynamics.strike(attacks & meets, cell, theirs, their_health, chance.turn, chance.aim,
                                             self.scale.hit)
        moved = torch.where(health > 0, self._ways.flatten()[cell * dynamics.ACTIONS + action], cell)
        health = dynamics.recovered(health, self.scale)
        return (torch.cat((moved, theirs), 1), torch.cat((health, their_health), 1), hits, (attacks & ~meets).sum(1))

    def _opponents_act(self, cell: Tensor, health: Tensor, chance: Chance) -> tuple[Tensor, Tensor, Tensor]:
        """Cells and health after the opponents' turn, and how often agents were hit (batch)."""
        mine, cell = cell.split((self.schema.agents, self.schema.others), 1)
        my_health, health = health.split((self.schema.agents, self.schema.others), 1)
        alive, there = health > 0, dynamics.occupied(mine, my_health, self._cells)
        meets = there.gather(1, cell)
        turn = torch.arange(self.schema.others, device=self.device).expand_as(cell)
        my_health, hits = dynamics.strike(alive & meets, cell, mine, my_health, turn, chance.aimed, self.scale.hit)
        action = dynamics.chosen(dynamics.candidates(cell, there, self._height), chance.move)
        moved = torch.where(alive & ~meets, self._ways.flatten()[cell * dynamics.ACTIONS + action], cell)
        health = dynamics.recovered(health, self.scale)
        return torch.cat((mine, moved), 1), torch.cat((my_health, health), 1), hits
