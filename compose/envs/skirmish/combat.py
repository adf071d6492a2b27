"""One game loop of fighting: shots, splash, shields, healing, death. All shots of a loop are simultaneous."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces, snap
from compose.envs.starcraft.units import ENERGY_RATE, LOOPS, SHIELD_DELAY, SHIELD_RATE, UNITS

LINE = (1.4, 0.15)
"""Half the length and half the width of the box that a Colossus burns, across the line of fire."""
CIRCLE = 2.2
"""Radius of a Baneling's explosion."""
HEAL = next(unit.heal for unit in UNITS.values() if unit.heal)


@dataclass(slots=True)
class Aim:
    """Where the units' targets are; everything is [battle unit] but ``delta`` [xy battle unit]."""

    target: Tensor
    """The target's slot; the own one for those who have none."""
    valid: Tensor
    """The target is alive and can be hit or healed."""
    delta: Tensor
    """From the unit to its target."""
    distance: Tensor
    gap: Tensor
    """How far the unit has to walk until its target is within range."""
    reached: Tensor
    """Valid and within range."""


def aim(forces: Forces, battle: Battle, alive: Tensor) -> Aim:
    """Look where the targets are."""
    target = battle.target
    valid = alive & alive.gather(1, target) & forces.aims.gather(2, target[..., None])[..., 0]
    delta = battle.position.gather(2, target.expand(2, -1, -1)) - battle.position
    distance = (delta * delta).sum(0).sqrt_()
    gap = distance - forces.reach - forces.radius.gather(1, target)
    return Aim(target, valid, delta, distance, gap, valid & (gap <= 0))


def firing(forces: Forces, battle: Battle, aimed: Aim) -> Tensor:
    """Bool [battle unit]: who has somebody within range, and a loaded weapon."""
    return aimed.reached & (battle.cooldown <= 0) & forces.fights


def fight(forces: Forces, battle: Battle, alive: Tensor, aimed: Aim, reload: Tensor) -> Battle:
    """Let all fire that can, heal and regenerate.

    Damage on one unit in one loop: shields take what they can of the raw sum S, and health takes the rest's part of H,
    the sum after armor: ``health -= (1 - absorbed / S) H``, which does not depend on the order of shots.

    Args:
        alive: Bool [battle unit], as the loop began.
        reload: [battle unit] loops until those who fire now can fire again.
    """
    fires = firing(forces, battle, aimed)
    raw, wound = _blows(forces, battle, alive, aimed, fires)
    if forces.may_shield:
        absorbed = torch.minimum(raw, battle.shield)
        wound = snap((1 - absorbed / raw.clamp(min=1)).mul_(wound))
        battle = replace(battle, shield=battle.shield - absorbed, calm=(battle.calm + 1).masked_fill_(raw > 0, 0))
    battle = replace(
        battle,
        health=(battle.health - wound).clamp_(min=0),
        cooldown=torch.where(fires, reload, battle.cooldown).sub_(1).clamp_(min=0),
    )
    battle = _healed(forces, battle, aimed) if forces.may_heal else battle
    battle = _exploded(forces, battle, alive, fires) if forces.may_circle else battle
    return _recovered(forces, battle)


def _blows(forces: Forces, battle: Battle, alive: Tensor, aimed: Aim, fires: Tensor) -> Tensor:
    """Damage on every unit, before and after armor [2 battle unit]."""
    single = fires & ~forces.line & ~forces.circle if forces.may_line or forces.may_circle else fires
    pick = aimed.target.expand(2, -1, -1)
    blows = forces.blows.gather(3, pick[..., None])[..., 0] * single
    total = torch.zeros_like(blows).scatter_add_(2, pick, blows)
    if forces.may_line:
        total += _splash(forces, _in_line(forces, battle, aimed), fires & forces.line, alive)
    if forces.may_circle:
        total += _splash(forces, _in_circle(forces, battle), (fires | battle.exploding) & forces.circle, alive)
    return total


def _splash(forces: Forces, inside: Tensor, source: Tensor, alive: Tensor) -> Tensor:
    """Damage of splashing units on all that are ``inside`` [battle unit target], as :func:`_blows`."""
    return (forces.blows * (inside & source[..., None] & alive[:, None])).sum(2)


def _in_line(forces: Forces, battle: Battle, aimed: Aim) -> Tensor:
    """[battle unit target]: the target's circle meets the box that the unit would burn; its target always does."""
    along = aimed.delta / aimed.distance.clamp(min=1e-3)
    x, y = (battle.position[:, :, None] - (battle.position + aimed.delta)[..., None]).unbind()
    forth, across = x * along[0, ..., None] + y * along[1, ..., None], y * along[0, ..., None] - x * along[1, ..., None]
    half_length, half_width = LINE
    forth, across = (forth.abs() - half_width).clamp_(min=0), (across.abs() - half_length).clamp_(min=0)
    meets = forth * forth + across * across <= (forces.radius * forces.radius)[:, None]
    return meets | (aimed.target[..., None] == forces.slot)


def _in_circle(forces: Forces, battle: Battle) -> Tensor:
    """[battle unit target]: the target's circle meets the explosion of the unit."""
    x, y = (battle.position[:, :, None] - battle.position[..., None]).unbind()
    return x * x + y * y <= (CIRCLE + forces.radius).square()[:, None]


def _healed(forces: Forces, battle: Battle, aimed: Aim) -> Battle:
    """Healing of one unit does not add up, however many heal it; each of them pays."""
    rate, cost = HEAL.rate / LOOPS, HEAL.cost / LOOPS
    missing = forces.max_health - battle.health
    wounded = battle.alive & (missing > 0)
    enough = (battle.energy >= HEAL.least) | (battle.healing & (battle.energy >= cost))
    healing = aimed.reached & forces.heals & enough & wounded.gather(1, aimed.target) & battle.alive
    healers = torch.zeros_like(missing).scatter_add_(1, aimed.target, healing.float())
    health = battle.health + torch.minimum(healers.clamp_(max=1).mul_(rate), missing)
    return replace(battle, health=health, energy=battle.energy - healing * cost, healing=healing)


def _exploded(forces: Forces, battle: Battle, alive: Tensor, fires: Tensor) -> Battle:
    """Those who fire die of it; those who were killed explode in the next loop."""
    burst = fires & forces.circle
    killed = alive & ~battle.alive & forces.circle & ~burst
    return replace(battle, health=battle.health.masked_fill(burst, 0), exploding=killed)


def _recovered(forces: Forces, battle: Battle) -> Battle:
    """Shields after some calm, health of those that can, energy: of the living."""
    lives = battle.alive
    if forces.may_shield:
        rested = lives & (battle.calm >= SHIELD_DELAY * LOOPS)
        shield = torch.minimum(battle.shield + rested * (SHIELD_RATE / LOOPS), forces.max_shield)
        battle = replace(battle, shield=shield)
    if forces.may_regenerate:
        health = torch.minimum(battle.health + forces.regeneration * lives, forces.max_health)
        battle = replace(battle, health=health)
    if forces.may_heal:
        energy = torch.minimum(battle.energy + forces.energy_gain * lives * (ENERGY_RATE / LOOPS), forces.max_energy)
        battle = replace(battle, energy=energy)
    return battle
