"""SMAX's battles as arrays: what jax computes, and nothing of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxmarl.environments.smax import HeuristicEnemySMAX, map_name_to_scenario
from numpy.typing import NDArray

NAMES = {"marine": "Marine", "marauder": "Marauder", "stalker": "Stalker", "zealot": "Zealot", "zergling": "Zergling",
         "hydralisk": "Hydralisk"}
"""SMAX's unit types and StarCraft's."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of all battles (batch unit ...), allies first."""

    kind: NDArray[np.int64]
    """Places in the list :attr:`Battles.kinds`."""
    alive: NDArray[np.bool_]
    position: NDArray[np.float32]
    health: NDArray[np.float32]
    """As a fraction of the type's."""
    cooldown: NDArray[np.float32]
    """As a fraction of the type's mean; it may exceed 1."""
    available: NDArray[np.bool_]
    """(batch ally action): north, east, south, west, stop, then each enemy."""


class Battles:
    """Any number of battles of one map, advanced by one compiled step."""

    def __init__(self, map_name: str, limit: int) -> None:
        self._limit = limit
        self._env: Any = HeuristicEnemySMAX(scenario=map_name_to_scenario(map_name), max_steps=limit)
        self.kinds = [NAMES[name] for name in self._env.unit_type_names]
        self.sight = np.asarray(self._env.unit_type_sight_ranges, np.float32)
        """How far each type sees, from centre to centre."""
        self.size = float(self._env.map_width)
        self._health = np.asarray(self._env.unit_type_health, np.float32)
        self._cooldown = np.asarray(self._env.unit_type_weapon_cooldowns, np.float32)
        self._reset, self._step = jax.jit(jax.vmap(self._env.reset)), jax.jit(jax.vmap(self._advance))
        self._available = jax.jit(jax.vmap(self._env.get_avail_actions))

    def reset(self, keys: NDArray[np.uint32]) -> Units:
        """Begin a battle for each key (batch 2)."""
        self._keys, self._time = keys, 0
        _, self._state = self._reset(keys)
        return self._units()

    def step(self, actions: NDArray[np.int64]) -> tuple[Units, NDArray[np.float32], NDArray[np.bool_]]:
        """Act (batch ally) in all battles, also in those that are over: units, rewards, and which battles are over."""
        self._time += 1
        given = {agent: actions[:, i] for i, agent in enumerate(self._env.agents)}
        times = np.full(len(actions), self._time, np.uint32)
        self._state, reward, done = self._step(self._keys, times, self._state, given)
        over = np.asarray(done, bool) | (self._time >= self._limit)  # some versions end one step late
        return self._units(), np.asarray(reward, np.float32), over

    def _advance(self, key: Any, time: Any, state: Any, actions: Any) -> Any:
        _, state, rewards, dones, _ = self._env.step_env(jax.random.fold_in(key, time), state, actions)
        return state, rewards[self._env.agents[0]], dones["__all__"]

    def _units(self) -> Units:
        state, given = self._state.state, self._available(self._state)
        kind = np.asarray(state.unit_types, np.int64)
        return Units(
            kind=kind,
            alive=np.asarray(state.unit_alive, bool),
            position=np.asarray(state.unit_positions, np.float32),
            health=np.asarray(state.unit_health, np.float32) / self._health[kind],
            cooldown=np.asarray(np.maximum(state.unit_weapon_cooldowns, 0) / self._cooldown[kind], np.float32),
            available=np.stack([np.asarray(given[agent], bool) for agent in self._env.agents], 1),
        )
