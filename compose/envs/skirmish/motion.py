"""One game loop of walking: towards targets and goals, around others, along walls, and apart from one another."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces, snap
from compose.envs.skirmish.combat import Aim
from compose.envs.skirmish.ground import Ground

AHEAD = 0.7
"""Cosine of the angle to the heading up to which others, if they stand, are in the way."""
INSIDE = 1 / 64
"""How far into its range a unit walks, so that rounding cannot keep it outside."""
_TURN = (0.5, 0.75**0.5)
"""Cosine and sine of the 60 degrees by which a unit turns away."""

Offsets = tuple[Tensor, Tensor]
"""From each unit to each other one: vectors [xy battle unit target], distances [battle unit target]. The dead are far
away from all."""


def offsets(forces: Forces, position: Tensor, lives: Tensor) -> Offsets:
    """Vectors and distances between all units."""
    seen = torch.where(lives, position, forces.far)
    delta = seen[:, :, None] - seen[..., None]
    x, y = delta.unbind()
    return delta, (x * x).addcmul_(y, y).sqrt_()


def move(forces: Forces, battle: Battle, aimed: Aim, between: Offsets, ground: Ground) -> tuple[Tensor, Offsets]:
    """Walk one loop.

    Those in range of their target stand. Others walk to it, or, having none and a pace, to their goal. Then every
    two that overlap move half the overlap apart each.

    Returns:
        The positions, and the offsets before units moved apart, which the next loop takes to see who is in the way.
    """
    lives = battle.alive
    chases = aimed.valid & lives & ~aimed.reached
    marches = lives & (aimed.target == forces.slot) & (battle.pace > 0)
    to_goal = (battle.goal - battle.position) * marches
    way = ground.course(battle.position, torch.where(chases, aimed.delta, to_goal), forces.gait)
    length = (way * way).sum(0).sqrt_()
    stands = ~(chases | marches)
    heading = _steered(forces, aimed.target, stands, between, way / length.clamp(min=1e-3))
    left = torch.where(chases, aimed.gap + INSIDE, length)
    walked = battle.position + snap(heading * torch.minimum(torch.where(chases, forces.speed, battle.pace), left))
    walked = ground.slide(battle.position, walked, forces.gait)
    between = offsets(forces, walked, lives)
    return ground.keep(walked, walked - _pushes(forces, between), forces.gait), between


def settled(forces: Forces, position: Tensor, lives: Tensor, ground: Ground, times: int) -> Tensor:
    """Positions after every two that overlap made room for each other, several times."""
    for _ in range(times):
        pushes = _pushes(forces, offsets(forces, position, lives))
        position = ground.keep(position, position - pushes, forces.gait)
    return position


def _steered(forces: Forces, target: Tensor, stands: Tensor, between: Offsets, heading: Tensor) -> Tensor:
    """Headings, turned by 60 degrees away from those who stand in the way (the target does not)."""
    (x, y), distance = between[0].unbind(), between[1]
    forth, left = heading[..., None].unbind()
    blocks = (forth * x).addcmul_(left, y) > AHEAD * distance
    blocks &= distance < forces.close
    blocks &= stands[:, None]
    blocks.scatter_(2, target[..., None], False)
    across = (forth * y).addcmul_(left, x, value=-1).mul_(blocks)
    sine = torch.where(across.amax(2) + across.amin(2) >= 0, -_TURN[1], _TURN[1])
    forth, left = heading.unbind()
    turned = torch.stack((_TURN[0] * forth - sine * left, sine * forth + _TURN[0] * left))
    return torch.where(blocks.any(2), turned, heading)


def _pushes(forces: Forces, between: Offsets) -> Tensor:
    """How far each unit is pushed [xy battle unit], away from where this points."""
    delta, distance = between
    part = (forces.clearance / distance.clamp(min=1e-3)).sub_(1).clamp_(min=0).mul_(forces.share)
    return snap(delta * part).sum(3)
