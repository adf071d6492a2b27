"""Battles as pictures: every game loop is a moment."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from compose.envs.interface import Fields
from compose.envs.pictures.scene import Floats, Moment, Stage
from compose.envs.skirmish.battle import Battle
from compose.envs.skirmish.combat import CIRCLE, LINE, Aim, firing
from compose.envs.starcraft.picture import stage
from compose.envs.starcraft.scenario_model import TURNS
from compose.envs.starcraft.terrain import CENTRE
from compose.envs.starcraft.units import STEP
from compose.envs.starcraft.view.cone import HALF

if TYPE_CHECKING:
    from compose.envs.skirmish.environment import Skirmish

POINTS = 40
"""Of a circle."""


class BattleCamera:
    """Looks at the first battle of the batch. It does not change what happens in it."""

    def __init__(self, env: Skirmish) -> None:
        self._env = env

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        env = self._env
        self._present = np.flatnonzero(env.forces.present[0].cpu().numpy())
        self._number = {slot: number for number, slot in enumerate(self._present.tolist())}
        self._kinds, self._sights = env.forces.kind[0].cpu().numpy(), env.scenario.sights()
        kinds = self._kinds[self._present]
        found = stage(env.schema, env.scenario, int(env.task[0]), kinds, self._present < env.forces.allies)
        full = [x[0].cpu().double().numpy()[self._present] for x in (env.forces.max_health, env.forces.max_shield)]
        self._full = np.stack(full[: len(found.meters)])
        self._loop = 0
        self._moments = [self._moment(env.battle)]
        env.watch = self._see
        return found

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        seen, self._moments = self._moments, []
        return [*seen[:-1], replace(seen[-1], position=self._places(self._env.battle))]  # who stood too close made room

    def _see(self, before: Battle, aimed: Aim, after: Battle) -> None:
        self._loop += 1
        forces, number = self._env.forces, self._number
        fires, targets = firing(forces, before, aimed)[0], aimed.target[0].tolist()
        bursts = (fires | before.exploding[0]) & forces.circle[0]
        place = before.position[:, 0].T.cpu().double().numpy() + CENTRE
        shots = [(slot, targets[slot]) for slot in (fires & ~bursts).nonzero()[:, 0].tolist()]
        heals = [(slot, targets[slot]) for slot in after.healing[0].nonzero()[:, 0].tolist()]
        blasts = [(number[s], _circle(place[s])) for s in bursts.nonzero()[:, 0].tolist()]
        blasts += [(number[s], _line(place[s], place[t])) for s, t in shots if forces.line[0, s]]
        self._moments.append(self._moment(
            after, shots=tuple((number[s], number[t]) for s, t in shots),
            heals=tuple((number[s], number[t]) for s, t in heals), blasts=tuple(blasts),
        ))  # fmt: skip

    def _moment(self, battle: Battle, shots: tuple[tuple[int, int], ...] = (), heals: tuple[tuple[int, int], ...] = (),
                blasts: tuple[tuple[int, Floats], ...] = ()) -> Moment:
        here = self._present
        views = tuple(self._view(battle, slot) for slot in self._number if self._looks(battle, slot))
        left = np.stack([x[0].cpu().double().numpy()[here] for x in (battle.health, battle.shield)][: len(self._full)])
        meters = np.where(self._full > 0, left / np.maximum(self._full, 1), np.nan)
        return Moment(self._loop / STEP, self._places(battle), left[0] > 0, meters, shots, heals, blasts, views)

    def _looks(self, battle: Battle, slot: int) -> bool:
        """Whether the unit is an agent's that sees in a cone."""
        env = self._env
        return env.scenario.sight == "cone" and slot < env.forces.allies and bool(battle.alive[0, slot])

    def _view(self, battle: Battle, slot: int) -> tuple[int, Floats]:
        """The cone of an agent [point xy]."""
        middle, far = 2 * math.pi * int(self._env.facing[0, slot]) / TURNS, self._sights[int(self._kinds[slot])]
        turn = middle + HALF * np.linspace(-1, 1, POINTS // 4)
        rim = far * np.stack((np.cos(turn), np.sin(turn)), 1)
        place = battle.position[:, 0, slot].cpu().double().numpy() + CENTRE
        return self._number[slot], place + np.concatenate((np.zeros((1, 2)), rim))

    def _places(self, battle: Battle) -> Floats:
        """[unit xy]"""
        place: Floats = battle.position[:, 0].T.cpu().double().numpy()[self._present] + CENTRE
        return place


def _circle(centre: Floats) -> Floats:
    """The edge of a Baneling's explosion [point xy]."""
    turn = np.linspace(0, 2 * math.pi, POINTS, endpoint=False)
    return centre + CIRCLE * np.stack((np.cos(turn), np.sin(turn)), 1)


def _line(source: Floats, target: Floats) -> Floats:
    """The corners of what a Colossus burns around its target [point xy]."""
    along = (target - source) / max(float(np.hypot(*(target - source))), 1e-3)
    forth, across = along * LINE[1], np.array((-along[1], along[0])) * LINE[0]
    return target + np.stack((forth + across, forth - across, -forth - across, -forth + across))
