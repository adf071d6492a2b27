"""Attack-move, the order that SMAC's opponents have: walk to a point, and fight whoever comes near."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces

REACTION = {"easy": 16, "normal": 8, "hard": 4, "very_hard": 1}
"""Difficulties: every how many loops an opponent looks for a target. Agents do so every 8."""
UNARMED = 100.0
"""How much farther away those who neither shoot nor heal appear to be."""
_TIES = 128
"""More than there are tags: of equally near targets, the one of the lowest tag is taken."""
SEEKERS = ("attack_move", "hold")
"""Opponents who look for targets themselves."""


def acquire(forces: Forces, battle: Battle, alive: Tensor, tag: Tensor, slots: slice) -> Tensor:
    """The targets [battle unit], after the units of ``slots`` chose theirs.

    A fighter keeps its target while that is within range; else it takes the nearest it can hit within its scan radius,
    the armed (and the healers at work) first. A healer keeps the wounded it reaches, else takes the nearest.
    """
    own = slice(None), slots
    offset = battle.position[:, :, None] - battle.position[:, :, slots][..., None]
    distance = offset.square_().sum(0).sqrt_()
    wounded = battle.health < forces.max_health
    possible = alive[:, None] & (forces.hits[own] | (forces.mends[own] & wounded[:, None]))
    edge = torch.where(forces.heals[own][..., None], 0, forces.radius[:, None])
    near = possible & (distance <= forces.scan[own][..., None] + edge)
    passive = ~(forces.fights | battle.healing)
    cost = (distance + UNARMED * (passive[:, None] & ~forces.mends[own])).mul_(4096).to(torch.int64)
    cost = (cost * _TIES + tag[:, None]).masked_fill_(~near, 1 << 40)
    nearest, choice = cost.min(2)
    old = battle.target[own]
    reach = forces.reach[own][..., None] + forces.radius[:, None]
    keeps = (possible & (distance <= reach)).gather(2, old[..., None])[..., 0]
    choice = torch.where(nearest < 1 << 40, choice, forces.slot[slots])
    target = battle.target.clone()
    target[own] = torch.where(keeps, old, choice)
    return target


def looking(loop: int, reaction: int, teams: Sequence[tuple[int, int]]) -> list[slice]:
    """The slots, of each team from its first up to but without its last, that look for targets in a loop: one in
    ``reaction``."""
    slots = (slice(first + -loop % reaction, last, reaction) for first, last in teams)
    return [some for some in slots if some.start < some.stop]


def nearest_foe(forces: Forces, battle: Battle, team: slice, foes: slice) -> Tensor:
    """Where the nearest living foe of each unit of a team is [xy battle unit]; its own place if there is none."""
    there = battle.position[:, :, foes]
    offset = there[:, :, None] - battle.position[:, :, team][..., None]
    distance = offset.square_().sum(0).masked_fill_(~battle.alive[:, None, foes], torch.inf)
    nearest, choice = distance.min(2)
    found = there.gather(2, choice.expand(2, -1, -1))
    return torch.where(nearest < torch.inf, found, battle.position[:, :, team])


