"""What orders do to battles, and what actions order."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.scripts import DIRECTIONS, MOVE, Orders
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.view.entity import EntityView


def steps(ground: Ground, position: Tensor) -> Tensor:
    """Whether a step in each of the directions leads to walkable ground, bool [battle unit way]; ``position``
    [xy battle unit]."""
    there = position[:, None] + torch.tensor(DIRECTIONS, device=position.device).T[:, :, None, None]
    return rearrange(ground.walkable(there), "way battle unit -> battle unit way")


def told(forces: Forces, battle: Battle, team: slice, orders: Orders, held: Tensor | None = None) -> Battle:
    """A battle in which a team moves, attacks, heals or stands until the next order, but for those who are ``held``
    (bool [battle unit]) to their last one."""
    directions = torch.tensor(DIRECTIONS, device=battle.health.device).T * MOVE
    goal = battle.position[:, :, team] + directions[:, orders.move.clamp(min=0)]
    pace, target = forces.speed[:, team] * (orders.move >= 0), orders.target
    if held is not None:
        goal, pace = battle.goal[:, :, team].where(held, goal), battle.pace[:, team].where(held, pace)
        target = battle.target[:, team].where(held, target)
    return battle.ordered(team, goal, pace, target)


def heard(view: EntityView, now: Snapshot, action: Tensor, time: Tensor) -> tuple[Orders, Tensor | None]:
    """What actions (int64 [battle ally]) order, and who goes on with its last order instead, bool [battle ally]: who
    chose a target out of reach, where that can be. In the first step there is no last order, and they stand.

    Args:
        time: int64 [battle]: steps before.
    """
    move, target = view.decode(now, action)
    own, held = torch.arange(action.shape[1], device=action.device), None
    if view.scenario.targets == "any":
        dropped = view.dropped(now, action)
        target, held = target.where(~dropped, -1), dropped & (time > 0)[:, None]
    return Orders(move, torch.where(target < 0, own, target)), held
