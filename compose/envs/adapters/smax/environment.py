"""SMAX as a batched environment with the fields of SMAC's maps."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compose.envs.adapters.smax.battles import Battles, Units
from compose.envs.adapters.smax.settings import Settings
from compose.envs.interface import Environment, Fields, Transition
from compose.envs.starcraft.picture import UnitCamera
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.units import UNITS
from compose.envs.starcraft.view import EntityView
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, key

_MOVES = (0, 2, 1, 3)
"""SMAX's numbers of north, south, east, west."""
_STOP = 4


class SmaxBattles(Environment):
    """Battles that jax computes; arrays are handed over through numpy.

    Health and cooldown are fractions of what SMAX gives the type. Who sees whom (closer than the type's sight) and
    which actions are available (a target within the weapon's range) are SMAX's own word. Tags are slots.
    """

    def __init__(
        self, schema: EntitySchema, scenario: Scenario, settings: Settings, device: str | torch.device = "cpu"
    ) -> None:
        self.schema = schema
        self.device = torch.device(device)
        self._settings, self._view, self._scenario = settings, EntityView(scenario, device), scenario
        self._battles = Battles(scenario.name, settings.limit)
        places = list(UNITS)
        self._kinds = np.array([places.index(name) for name in self._battles.kinds])
        types = list(UNITS.values())
        self._health = np.array([types[place].health for place in self._kinds], np.float32)
        self._cooldown = np.array([types[place].cooldown for place in self._kinds], np.float32)
        self._action = np.array([_STOP, _STOP, *_MOVES, *range(_STOP + 1, _STOP + 1 + scenario.enemies)])
        self._running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin battles; see :meth:`Environment.reset`."""
        seeds = [seed] * len(episodes) if isinstance(seed, int) else list(seed)
        drawn = [key(s, "smax", number) for s, number in zip(seeds, episodes.tolist(), strict=True)]
        self._running = torch.ones(len(drawn), dtype=torch.bool, device=self.device)
        units = self._battles.reset(np.array([(k >> 32, k & 0xFFFFFFFF) for k in drawn], np.uint32))
        self._last = torch.zeros(len(drawn), self.schema.agents, dtype=torch.int64, device=self.device)
        self._view.begin(self._snapshot(units))
        self._now = self._fields(units)
        return self._now

    def step(self, action: Tensor) -> Transition:
        """Advance all battles; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        running = self._running
        action = action.to(self.device)
        units, reward, done = self._battles.step(self._action[action.cpu().numpy()])
        self._last = torch.where(running[:, None], action, self._last)
        after = self._fields(units)
        self._now = {name: torch.where(running.view(-1, *[1] * (x.dim() - 1)), x, self._now[name])
                     for name, x in after.items()}
        ended = self._put(done) & running
        alive = self._put(units.alive)
        won = ~alive[:, self.schema.agents :].any(1) & alive[:, : self.schema.agents].any(1)
        self._running = running & ~ended
        return Transition(reward=self._put(reward) * self._settings.reward * running, terminated=ended,
                          truncated=torch.zeros_like(ended), success=won & ended, fields=self._now)

    def camera(self) -> UnitCamera:
        """Looks at units on SMAX's map, which has no walls."""
        return UnitCamera(self.schema, self._scenario.model_copy(update={"terrain": "open"}))

    def _snapshot(self, units: Units) -> Snapshot:
        alive, agents = units.alive, self.schema.agents
        enemies = self.schema.others
        nothing = torch.zeros(alive.shape, device=self.device)
        tag = torch.arange(agents + enemies, device=self.device)
        return Snapshot(
            kind=self._put(self._kinds[units.kind]), present=torch.ones_like(nothing, dtype=torch.bool),
            position=self._put(units.position - self._battles.size / 2),
            health=self._put(units.health * self._health[units.kind] * alive), shield=nothing, energy=nothing,
            cooldown=self._put(units.cooldown * self._cooldown[units.kind]),
            tag=torch.cat((tag[enemies:], tag[:enemies])).expand(alive.shape),
            moves=self._put(units.available[:, :, list(_MOVES)]), task=nothing[:, 0].long(), last_action=self._last,
        )

    def _fields(self, units: Units) -> Fields:
        """The view's fields, with SMAX's own sight and availability."""
        fields, agents = self._view.fields(self._snapshot(units)), self.schema.agents
        alive, acting = units.alive, units.alive[:, :agents, None]
        given = units.available
        plain = np.concatenate((~acting, given[:, :, [_STOP]] & acting, given[:, :, list(_MOVES)] & acting), 2)
        available = self._put(np.concatenate((plain, given[:, :, _STOP + 1 :] & acting), 2))
        far = np.linalg.norm(units.position[:, :, None] - units.position[:, None], axis=3)
        near = far < self._battles.sight[units.kind][:, :, None]
        sees = self._put(near & alive[:, :, None] & alive[:, None] | np.eye(alive.shape[1], dtype=bool))
        entities, slots = fields["entities"].clone(), self.schema.entities
        entities[:, :agents, slots : slots + available.shape[2] - 2] = available[:, :, 2:]
        return {**fields, "entities": entities, "available": available, "sight": sees, "visible": sees[:, :agents]}

    def _put(self, x: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.array(x)).to(self.device)
