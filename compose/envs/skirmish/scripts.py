"""Scripted policies that decide once a step, with what agents can do: for either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces

MOVE = 2.0
"""How far an order to move points, in cells; nothing walks that far in a step."""
DIRECTIONS = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
"""North, south, east, west."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the units of a team do next; both int64 [battle unit]."""

    move: Tensor
    """0 .. 3 for north, south, east, west; -1: not."""
    target: Tensor
    """The slot of whom to attack or heal; the own one for nobody."""


Script = Callable[[Forces, Battle, slice, slice, Tensor], Orders]
"""From the forces, the battle, the own slots, the foes' slots, and a draw in [0, 1) for every pair of units."""


def nearest(forces: Forces, battle: Battle, team: slice, foes: slice, draws: Tensor) -> Orders:
    """Attack the nearest target; heal the nearest wounded. Without one in reach, walk to the nearest foe."""
    return _best(forces, battle, team, foes, _distance(battle, team))


def weakest(forces: Forces, battle: Battle, team: slice, foes: slice, draws: Tensor) -> Orders:
    """Attack (heal) whoever has the least health and shield left; of equals, the nearest."""
    left = battle.health + battle.shield
    return _best(forces, battle, team, foes, left[:, None] * 64 + _distance(battle, team))


def random(forces: Forces, battle: Battle, team: slice, foes: slice, draws: Tensor) -> Orders:
    """Attack (heal) anyone in reach, all equally likely."""
    return _best(forces, battle, team, foes, draws[:, team])


def _best(forces: Forces, battle: Battle, team: slice, foes: slice, cost: Tensor) -> Orders:
    """Target the cheapest in reach [battle unit target]."""
    distance = _distance(battle, team)
    wounded = battle.alive & (battle.health < forces.max_health)
    possible = (forces.hits[:, team] & battle.alive[:, None]) | (forces.mends[:, team] & wounded[:, None])
    least, choice = cost.masked_fill(~(possible & (distance <= forces.choice[:, team, None])), torch.inf).min(2)
    aims = battle.alive[:, team] & (least < torch.inf)
    foe = torch.arange(forces.units, device=cost.device)[foes]
    far, _ = distance[:, :, foe].masked_fill(~battle.alive[:, None, foe], torch.inf).min(2)
    walks = battle.alive[:, team] & ~aims & (far < torch.inf)
    target = torch.where(aims, choice, forces.slot[team])
    return Orders(torch.where(walks, _towards(battle, team, foe, distance), -1), target)


def _towards(battle: Battle, team: slice, foe: Tensor, distance: Tensor) -> Tensor:
    """The direction of the longer axis to the nearest foe [battle unit]."""
    pick = distance[:, :, foe].masked_fill(~battle.alive[:, None, foe], torch.inf).argmin(2)
    return direction(battle.position[:, :, foe].gather(2, pick.expand(2, -1, -1)) - battle.position[:, :, team])


def direction(way: Tensor) -> Tensor:
    """The direction of the longer axis of vectors [xy ...]: 0 .. 3 for north, south, east, west."""
    x, y = way.unbind()
    return torch.where(x.abs() >= y.abs(), torch.where(x > 0, 2, 3), torch.where(y > 0, 0, 1))


def _distance(battle: Battle, team: slice) -> Tensor:
    return (battle.position[:, :, None] - battle.position[:, :, team][..., None]).square_().sum(0).sqrt_()


SCRIPTS: dict[str, Script] = {"nearest": nearest, "weakest": weakest, "random": random}
