"""A stand-in for StarCraft II: units as plain data, and a battle that is simple but moves, wounds and kills.

It is no simulator: it only makes many different situations. Allies' unit types have numbers of their own, in the order
of their names, as SMAC's maps give them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from compose.envs.starcraft.scenario import load
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.units import GRID, UNITS

BASE = 1970
"""The number of the first of the allies' types."""
REACH, STRIDE, SIZE = 6, 1.125, 32


@dataclass
class Position:
    """In cells from the lower left corner."""

    x: float
    y: float


@dataclass
class Unit:
    """The fields of StarCraft's unit message that SMAC reads."""

    tag: int
    owner: int
    unit_type: int
    pos: Position
    health: float
    health_max: float
    shield: float
    shield_max: float
    energy: float
    weapon_cooldown: float


@dataclass
class Battle:
    """The units of a map, living ones only; enemies attack the nearest ally or walk to it."""

    name: str
    random: Random = field(default_factory=lambda: Random(0))
    units: list[Unit] = field(default_factory=list)

    @property
    def scenario(self) -> Scenario:
        return load(self.name)

    def begin(self) -> None:
        """Place both armies; a few units are already wounded."""
        self.units = []
        task = self.scenario.tasks[0]
        ours = sorted(task.counts("allies"))
        for owner, side in ((1, "allies"), (2, "enemies")):
            for kind, count in task.counts(side).items():  # type: ignore[arg-type]
                number = BASE + ours.index(kind) if owner == 1 else UNITS[kind].id
                self.units += [self._unit(kind, owner, number) for _ in range(count)]
        self.random.shuffle(self.units)

    def _unit(self, kind: str, owner: int, number: int) -> Unit:
        unit, draw = UNITS[kind], self.random.random
        left = self._whole(unit.health * (0.5 + 0.5 * draw()))
        return Unit(
            tag=len(self.units) + self.random.randrange(1, 10**6) * 1000, owner=owner, unit_type=number,
            pos=Position(self._whole(10 + 8 * draw()), self._whole(10 + 8 * draw())), health=left,
            health_max=unit.health, shield=self._whole(unit.shield * draw()), shield_max=unit.shield,
            energy=self._whole(unit.energy * draw()), weapon_cooldown=self._whole(20 * draw()),
        )

    def move(self, tag: int, x: float, y: float) -> None:
        """Walk towards a point."""
        if (unit := self.of(tag)) is not None:
            far = math.hypot(x - unit.pos.x, y - unit.pos.y) or 1.0
            part = min(1.0, STRIDE / far)
            unit.pos = Position(self._inside(unit.pos.x + (x - unit.pos.x) * part),
                                self._inside(unit.pos.y + (y - unit.pos.y) * part))

    def attack(self, tag: int, target: int, damage: float = 9.0) -> None:
        """Wound a unit, its shield first."""
        unit = self.of(target)
        if unit is not None and self.of(tag) is not None:
            absorbed = min(unit.shield, damage)
            unit.shield -= absorbed
            unit.health = max(0.0, unit.health - (damage - absorbed))
            self.units = [other for other in self.units if other.health > 0]

    def heal(self, target: int) -> None:
        """Heal a unit a little."""
        if (unit := self.of(target)) is not None:
            unit.health = min(unit.health_max, unit.health + 4.5)

    def turn(self) -> None:
        """The enemies' turn."""
        for enemy in [unit for unit in self.units if unit.owner == 2]:
            allies = [unit for unit in self.units if unit.owner == 1]
            near = min(allies, key=lambda ally: math.dist(_xy(ally), _xy(enemy)), default=None)
            if near is not None and math.dist(_xy(near), _xy(enemy)) <= REACH:
                self.attack(enemy.tag, near.tag, 5.0)
            elif near is not None:
                self.move(enemy.tag, near.pos.x, near.pos.y)

    def of(self, tag: int) -> Unit | None:
        """The living unit of that tag."""
        return next((unit for unit in self.units if unit.tag == tag), None)

    @staticmethod
    def _whole(x: float) -> float:
        return round(x * GRID) / GRID

    def _inside(self, x: float) -> float:
        return self._whole(min(max(x, 1.0), SIZE - 1.0))


def _xy(unit: Unit) -> tuple[float, float]:
    return unit.pos.x, unit.pos.y
