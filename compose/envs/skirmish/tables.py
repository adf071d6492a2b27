"""The unit types as tensors: a row for each type, a matrix for each pair of types. Times are in game loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from compose.envs.starcraft.units import GRID, LOOPS, UNITS, UnitType

LEAST_DAMAGE = 0.5
"""Of one hit on health, however thick the armor."""
HEALER_SCAN = 10.0
"""How far a scripted healer looks for the wounded, from centre to centre."""
APART = -1000.0
"""The clearance of two units that never collide."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Constants of unit types [type] and pairs of types [type target]."""

    health: Tensor
    shield: Tensor
    energy: Tensor
    first_energy: Tensor
    period: Tensor
    reach: Tensor
    """Range of the weapon or of healing plus the own radius: the target's radius comes on top."""
    scan: Tensor
    """How far an opponent looks for targets; as ``reach``."""
    radius: Tensor
    speed: Tensor
    regeneration: Tensor
    fights: Tensor
    heals: Tensor
    energy_gain: Tensor
    gait: Tensor
    """int64: 0 on foot, 1 over cliffs, 2 through the air."""
    line: Tensor
    circle: Tensor
    damage: Tensor
    """[type target] of one volley, before armor."""
    wound: Tensor
    """[type target] of one volley on health, after armor."""
    hits: Tensor
    """[type target] bool: the weapon can be aimed at the target."""
    mends: Tensor
    """[type target] bool: the healer can heal the target."""
    clearance: Tensor
    """[type target] distance at which two units touch; ``APART`` if they do not collide."""
    share: Tensor
    """[type target] which part of an overlap the first has to make room for."""

    def to(self, device: torch.device) -> Tables:
        """The same on a device."""
        return Tables(*(getattr(self, field.name).to(device) for field in fields(self)))


def tables() -> Tables:
    """The tables of all types in ``UNITS``, in its order."""
    of, pairs = _of, _pairs
    return Tables(
        health=of(lambda u: u.health),
        shield=of(lambda u: u.shield),
        energy=of(lambda u: u.energy),
        first_energy=of(lambda u: u.starts_with),
        period=of(lambda u: u.weapon.period * LOOPS if u.weapon else 0),
        reach=of(lambda u: u.radius + (u.weapon.range if u.weapon else u.heal.range if u.heal else 0)),
        scan=of(lambda u: u.radius + u.weapon.scan if u.weapon else HEALER_SCAN),
        radius=of(lambda u: u.radius),
        speed=of(lambda u: u.speed / LOOPS),
        regeneration=of(lambda u: u.regenerates / LOOPS),
        fights=of(lambda u: u.weapon is not None).bool(),
        heals=of(lambda u: u.heal is not None).bool(),
        energy_gain=of(lambda u: u.energy > 0),
        gait=of(lambda u: ("ground", "both", "air").index(u.plane)).long(),
        line=of(lambda u: u.weapon is not None and u.weapon.splash == "line").bool(),
        circle=of(lambda u: u.weapon is not None and u.weapon.splash == "circle").bool(),
        damage=pairs(lambda u, v: u.weapon.hits * u.weapon.damage_to(v) if u.weapon and u.weapon.can_hit(v) else 0),
        wound=pairs(_wound),
        hits=pairs(lambda u, v: u.weapon is not None and u.weapon.can_hit(v)).bool(),
        mends=pairs(lambda u, v: u.can_heal(v)).bool(),
        clearance=pairs(lambda u, v: u.separation + v.separation if set(u.layers) & set(v.layers) else APART),
        share=pairs(lambda u, v: (u.speed > 0) / ((u.speed > 0) + (v.speed > 0) or 1)),
    )


def _wound(unit: UnitType, target: UnitType) -> float:
    if unit.weapon is None or not unit.weapon.can_hit(target):
        return 0
    return unit.weapon.hits * max(LEAST_DAMAGE, unit.weapon.damage_to(target) - target.armor)


def _of(value: Callable[[UnitType], float]) -> Tensor:
    return _on_grid([value(unit) for unit in UNITS.values()])


def _pairs(value: Callable[[UnitType, UnitType], float]) -> Tensor:
    return _on_grid([[value(unit, target) for target in UNITS.values()] for unit in UNITS.values()])


def _on_grid(values: list[float] | list[list[float]]) -> Tensor:
    return (torch.tensor(values, dtype=torch.float64) * GRID).round().div(GRID).float()
