"""StarCraft's unit types as data (``units.yaml`` beside this file). No torch here."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field as Limits
from pydantic import TypeAdapter
from yaml import safe_load

from compose.graph.fields import Model

Attribute = Literal["light", "armored", "biological", "mechanical", "massive", "structure"]
Layer = Literal["ground", "air", "giant", "structure"]
Number = Annotated[float, Limits(ge=0)]

LOOPS = 16
"""Game loops in a (normal) second."""
STEP = 8
"""Game loops in a step of the agents."""
GRID = 4096
"""The engine computes with multiples of 1 / 4096."""
SIGHT = 9.0
"""How far every unit sees, from centre to centre."""
REACH = 6.0
"""Up to which distance, from centre to centre, a target can be chosen, whatever the weapon."""
LEAST_REACH = 2.0
"""The same where it is the range of the unit's weapon, or of its healing, but for those that have less."""
SHIELD_DELAY = 10
"""Seconds without damage after which shields regenerate."""
SHIELD_RATE = 2
"""Shield points a second."""
ENERGY_RATE = 0.5625
"""Energy a second."""


class Weapon(Model):
    """An attack; see ``units.yaml``."""

    damage: Number
    bonus: Number = 0
    against: Attribute | None = None
    """The attribute that ``bonus`` is for."""
    hits: Annotated[int, Limits(ge=1)] = 1
    period: Number
    range: Number
    scan: Number
    hits_air: bool = True
    """All weapons hit ground units."""
    splash: Literal["line", "circle"] | None = None
    """``line``: a box across the line of fire, at the target. ``circle``: around the unit, which dies of it."""
    against_structures: Number | None = None
    """Damage against structures instead of all that."""

    def damage_to(self, other: UnitType) -> float:
        """Damage of one hit before armor."""
        if self.against_structures is not None and "structure" in other.attributes:
            return self.against_structures
        return self.damage + (self.bonus if self.against in other.attributes else 0)

    def can_hit(self, other: UnitType) -> bool:
        """Whether the weapon can be aimed at units of that type."""
        return self.hits_air or other.plane != "air"


class Heal(Model):
    """Healing of biological ground units."""

    rate: Number
    """Health a second."""
    cost: Number
    """Energy a second."""
    range: Number
    least: Number
    """Energy without which healing does not begin."""


class UnitType(Model):
    """A kind of unit; see ``units.yaml``."""

    id: int
    short: str
    race: Literal["terran", "protoss", "zerg"]
    health: Number
    shield: Number = 0
    energy: Number = 0
    starts_with: Number = 0
    """Energy at first."""
    armor: Number
    attributes: tuple[Attribute, ...]
    radius: Number
    separation: Number
    speed: Number
    """Cells a second."""
    sight: Number
    """Cells, from centre to centre; in scenarios whose ``ranges`` are ``by_type``."""
    plane: Literal["ground", "air", "both"]
    layers: tuple[Layer, ...]
    cooldown: Number
    regenerates: Number = 0
    """Health a second."""
    weapon: Weapon | None = None
    heal: Heal | None = None

    @property
    def reach(self) -> float:
        """Up to which distance it can choose a target, in scenarios whose ``ranges`` are ``by_type``."""
        own = self.weapon.range if self.weapon else self.heal.range if self.heal else 0
        return max(own, LEAST_REACH)

    def can_heal(self, other: UnitType) -> bool:
        """Whether a healer, as this may be, can heal units of that type."""
        return self.heal is not None and other.plane == "ground" and "biological" in other.attributes


def _read() -> dict[str, UnitType]:
    text = (files("compose.envs.starcraft") / "units.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, UnitType]).validate_python(safe_load(text), strict=False)


UNITS: dict[str, UnitType] = _read()
"""Every unit type by name, in the order of StarCraft's numbers."""
