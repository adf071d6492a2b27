"""One game of SMAC, read through the public attributes of its ``StarCraft2Env``; its arrays, its actions, its end."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import Diagnostic, SpecError

_KINDS = list(UNITS)
_OF_ID = {unit.id: place for place, unit in enumerate(UNITS.values())}
HEALERS = ("MMM", "terran_gen")
"""Types of maps on which Medivacs choose allies."""
_POINTS = ("health", "shield", "energy", "weapon_cooldown")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one game in the slots of a scenario: allies, then enemies, each in SMAC's order."""

    kind: NDArray[np.int64]
    """(unit): places in ``UNITS``; 0 where nobody is present."""
    present: NDArray[np.bool_]
    position: NDArray[np.float32]
    """(unit xy), from the centre of the map."""
    points: NDArray[np.float32]
    """(unit 4): health, shield, energy, cooldown; 0 for the dead."""
    available: NDArray[np.bool_]
    """(ally 6 + unit): SMAC's plain actions, then which unit can be chosen."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step gave."""

    reward: float
    ended: bool
    won: bool
    crashed: bool


class Game:
    """A ``StarCraft2Env`` and the slots its units take in ``scenario``.

    Raises:
        SpecError: If it is not the scenario's battle.
    """

    def __init__(self, env: Any, scenario: Scenario, where: str) -> None:
        self._env, self._where = env, where
        self._allies, self._enemies = scenario.agents, scenario.enemies
        self._begun = self._ended = False
        task = scenario.tasks[0]
        wanted = task.size("allies"), task.size("enemies")
        if (env.n_agents, env.n_enemies) != wanted:
            text = f"SMAC's map has {env.n_agents} against {env.n_enemies} units, the scenario {wanted[0]} against " \
                   f"{wanted[1]}"
            raise SpecError(Diagnostic("smac.units", text, where=where))

    def reset(self) -> Units:
        """Begin a battle. One that was left before any other ended is given up: SMAC would start a second game."""
        if self._begun and not self._ended:
            self._env.close()
        self._begun = True
        self._env.reset()
        self._kinds: dict[int, int] = {
            number: _KINDS.index(kind) for kind in _KINDS
            if (number := getattr(self._env, f"{kind.lower()}_id", 0))
        }
        return self.units()

    def step(self, actions: NDArray[np.int64], targets: NDArray[np.int64]) -> Outcome:
        """Act.

        Args:
            actions: (ally): SMAC's number of a plain action, or anything where there is a target.
            targets: (ally): the slot of the unit that is attacked or healed, or -1.

        Returns:
            The reward on the scale that SMAC means: a battle won without the enemy's regeneration gives 20.
        """
        env = self._env
        foes = targets - self._allies
        chosen = np.where(targets < 0, actions, PLAIN + np.where(foes >= 0, foes, targets))
        reward, terminated, info = env.step([int(a) for a in chosen[: env.n_agents]])
        if terminated and not info:
            warnings.warn(f"{self._where}: the game crashed and was started again; the episode is cut off here",
                          RuntimeWarning, stacklevel=2)
            return Outcome(0.0, True, False, True)
        self._ended |= bool(terminated)
        scale = env.max_reward / self._most_reward() if env.reward_scale else 1.0
        return Outcome(float(reward) * scale, bool(terminated), bool(info.get("battle_won", False)), False)

    def units(self) -> Units:
        """The units as they are now."""
        env, slots = self._env, self._allies + self._enemies
        kind, present = np.zeros(slots, np.int64), np.zeros(slots, bool)
        position, points = np.zeros((slots, 2), np.float32), np.zeros((slots, 4), np.float32)
        for slot, unit in self._placed():
            present[slot] = True
            kind[slot] = self._kind(unit, ally=slot < self._allies)
            position[slot] = unit.pos.x - env.map_x / 2, unit.pos.y - env.map_y / 2
            if unit.health > 0:
                points[slot] = [getattr(unit, name) for name in _POINTS]
        return Units(kind, present, position, points, self._available())

    def _placed(self) -> Iterable[tuple[int, Any]]:
        yield from self._env.agents.items()
        yield from ((self._allies + number, unit) for number, unit in self._env.enemies.items())

    def _kind(self, unit: Any, ally: bool) -> int:
        place = self._kinds.get(unit.unit_type) if ally else None
        place = _OF_ID.get(unit.unit_type) if place is None else place
        if place is None:
            text = f"{'an ally' if ally else 'an enemy'} is of the unknown unit type {unit.unit_type}"
            raise SpecError(Diagnostic("smac.units", text, where=self._where))
        return place

    def _available(self) -> NDArray[np.bool_]:
        env = self._env
        found = np.zeros((self._allies, PLAIN + self._allies + self._enemies), bool)
        found[env.n_agents :, 0] = True
        given = np.array(env.get_avail_actions(), bool)
        for number, unit in env.agents.items():
            heals = env.map_type in HEALERS and unit.unit_type == env.medivac_id
            first = PLAIN if heals else PLAIN + self._allies
            row, width = given[number], min(given.shape[1] - PLAIN, self._allies if heals else self._enemies)
            found[number, :PLAIN] = row[:PLAIN]
            found[number, first : first + width] = row[PLAIN : PLAIN + width]
        return found

    def _most_reward(self) -> float:
        """What a win gives. SMAC's ``max_reward`` counts enemies again while it waits for units at the very start."""
        env = self._env
        points = sum(unit.health_max + unit.shield_max for unit in env.enemies.values())
        return float(env.n_enemies * env.reward_death_value + env.reward_win + points)
