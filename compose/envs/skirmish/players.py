"""The scripts as policies of the agents: what they do, they do with the actions that agents have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compose.envs.interface import Script
from compose.envs.skirmish.opponents import acquire
from compose.envs.skirmish.scripts import Orders, direction, nearest, random, weakest
from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.view.cone import directions
from compose.envs.starcraft.view.entity import EntityView

if TYPE_CHECKING:
    from compose.envs.skirmish.environment import Skirmish

NO_OP, STOP, MOVE = 0, 1, 2
"""The first of the plain actions of each meaning."""
ARRIVED = 1.0
"""This near to its goal, in cells, who attack-moves stands."""


def players(env: Skirmish, view: Callable[[], EntityView], snapshot: Callable[[], Snapshot],
            draws: Callable[[], Tensor]) -> Mapping[str, Script]:
    """Policies of the agents by name.

    ``attack_move``: as SMAC's opponents do, walk to where the enemies began and fight whoever comes near. ``nearest``,
    ``weakest`` and ``any_target`` choose a target within reach, and walk to the nearest enemy if there is none.
    Decisions are made once a step; orders that are no available action, or would be dropped, become stop. Scripts see
    all around, and all enemies; where sight is a cone, they turn to their target first.
    """
    team, foes = slice(0, env.scenario.agents), slice(env.scenario.agents, None)

    def act(orders: Callable[[], Orders]) -> Tensor:
        now = snapshot()
        return encode(orders(), now, view().carried_out(now), env.scenario)

    choosers = {"nearest": nearest, "weakest": weakest, "any_target": random}
    scripts: dict[str, Callable[[], Orders]] = {"attack_move": partial(attack_move, env, snapshot, team)}
    scripts |= {name: partial(_chosen, chooser, env, team, foes, draws) for name, chooser in choosers.items()}
    return {name: partial(act, orders) for name, orders in scripts.items()}


def attack_move(env: Skirmish, snapshot: Callable[[], Snapshot], team: slice) -> Orders:
    """What attack-moving units do that look for targets once a step. Targets beyond the agents' reach are walked to."""
    battle, forces = env.battle, env.forces
    target = acquire(forces, battle, battle.alive, snapshot().tag, team)[:, team]
    own = forces.slot[team]
    here = battle.position[:, :, team]
    way = battle.position.gather(2, target.expand(2, -1, -1)) - here
    aims, near = target != own, way.square().sum(0) <= forces.choice[:, team].square()
    way = torch.where(aims, way, env.enemy_start - here)
    far = way.square().sum(0) > ARRIVED**2
    course = env.ground.course(here, way, forces.gait[:, team])
    return Orders(torch.where(far & ~(aims & near), direction(course), -1), target.where(aims & near, own))


def encode(orders: Orders, snapshot: Snapshot, available: Tensor, scenario: Scenario) -> Tensor:
    """The actions that give these orders, int64 [battle ally]; stop, or the no-op, where they are not ``available``
    [battle ally action]. In a cone, a turn to the target where only that is missing."""
    own = torch.arange(orders.target.shape[1], device=orders.target.device)
    attack = scenario.plain + snapshot.tag.gather(1, orders.target)
    action = torch.where(orders.move >= 0, MOVE + orders.move, STOP)
    action = torch.where(orders.target == own, action, attack)
    action = action.where(action < available.shape[2], STOP)
    possible = available.gather(2, action[..., None])[..., 0]
    if scenario.turns:
        there = snapshot.position.gather(1, orders.target[..., None].expand(-1, -1, 2))
        way = (there - snapshot.position[:, : len(own)]).double()
        turn = PLAIN + (way[:, :, None] * directions(way.device)).sum(3).argmax(2)
        return torch.where(possible, action, turn.where((orders.target != own) & available[..., STOP],
                                                        available[..., STOP].long()))
    return torch.where(possible, action, torch.where(available[..., STOP], STOP, NO_OP))


def _chosen(chooser: Callable[..., Orders], env: Skirmish, team: slice, foes: slice,
            draws: Callable[[], Tensor]) -> Orders:
    return chooser(env.forces, env.battle, team, foes, draws())
