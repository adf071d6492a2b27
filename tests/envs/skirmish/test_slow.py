"""A loop of fighting against the same rules written out unit by unit, on random battles in the middle of things."""

import math
import random

import pytest
import torch

from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.combat import aim, fight
from compose.envs.skirmish.tables import tables
from compose.envs.starcraft.units import UNITS, UnitType

ALLIES, UNITS_EACH = 5, 5
KINDS = list(UNITS.items())


def grid(x: float) -> float:
    return round(x * 4096) / 4096


class Slow:
    """One battle."""

    def __init__(self, forces: Forces, battle: Battle, reload: torch.Tensor, row: int) -> None:
        self.types: list[UnitType] = [KINDS[k][1] for k in forces.kind[row].tolist()]
        self.present = forces.present[row].tolist()
        self.at = battle.position[:, row].T.tolist()
        names = ("health", "shield", "energy", "cooldown", "calm", "target", "healing", "exploding")
        for name in names:
            setattr(self, name, getattr(battle, name)[row].tolist())
        self.reload = reload[row].tolist()
        self.alive = [h > 0 for h in self.health]
        self.everyone = range(len(self.types))

    def foes(self, i: int, j: int) -> bool:
        return (i < ALLIES) != (j < ALLIES)

    def valid(self, i: int) -> bool:
        j, unit = self.target[i], self.types[i]
        if i == j or not (self.alive[i] and self.alive[j]):
            return False
        if self.foes(i, j):
            return unit.weapon is not None and unit.weapon.can_hit(self.types[j])
        return unit.can_heal(self.types[j])

    def reached(self, i: int) -> bool:
        j, unit = self.target[i], self.types[i]
        range_ = unit.weapon.range if unit.weapon else unit.heal.range if unit.heal else 0
        gap = math.dist(self.at[i], self.at[j]) - range_ - unit.radius - self.types[j].radius
        return self.valid(i) and gap <= 1e-6

    def touched(self, i: int, j: int) -> bool:
        """Whether the splash of i, who fires or explodes, reaches j."""
        weapon, other = self.types[i].weapon, self.types[j]
        if weapon.splash == "circle":
            return math.dist(self.at[i], self.at[j]) <= 2.2 + other.radius
        aim = self.at[self.target[i]]
        angle = math.atan2(aim[1] - self.at[i][1], aim[0] - self.at[i][0])
        x, y = self.at[j][0] - aim[0], self.at[j][1] - aim[1]
        forth, across = x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle)
        near = math.hypot(max(0, abs(forth) - 0.15), max(0, abs(across) - 1.4))
        return j == self.target[i] or near <= other.radius

    def loop(self) -> dict[str, list[float]]:
        fires = [self.reached(i) and self.cooldown[i] <= 0 and self.types[i].weapon is not None for i in self.everyone]
        raw, wound = [0.0] * len(self.types), [0.0] * len(self.types)
        for i in self.everyone:
            weapon = self.types[i].weapon
            if weapon is None or not (fires[i] or (self.exploding[i] and weapon.splash == "circle")):
                continue
            hit = [self.target[i]] if not weapon.splash else [j for j in self.everyone if self.touched(i, j)]
            for j in hit:
                if self.alive[j] and self.foes(i, j) and weapon.can_hit(self.types[j]):
                    damage = weapon.damage_to(self.types[j])
                    raw[j] += weapon.hits * damage
                    wound[j] += weapon.hits * max(0.5, damage - self.types[j].armor)
        health, shield, energy, calm, cooldown = [], [], [], [], []
        after = []
        for i in self.everyone:
            absorbed = min(raw[i], self.shield[i])
            after.append(max(0.0, self.health[i] - grid(wound[i] * (1 - absorbed / max(raw[i], 1)))))
            shield.append(self.shield[i] - absorbed)
            calm.append(0 if raw[i] > 0 else self.calm[i] + 1)
            cooldown.append(max(0.0, (self.reload[i] if fires[i] else self.cooldown[i]) - 1))
        heals = []
        for i in self.everyone:
            least = 0.1875 if self.healing[i] else 5
            j = self.target[i]
            heals.append(self.types[i].heal is not None and self.reached(i) and after[i] > 0 and self.energy[i] >= least
                         and 0 < after[j] < self.types[j].health)
        for i in self.everyone:
            unit = self.types[i]
            healed = any(heals[k] and self.target[k] == i for k in self.everyone)
            points = after[i] + (min(0.5625, unit.health - after[i]) if healed else 0)
            if fires[i] and unit.weapon is not None and unit.weapon.splash == "circle":
                points = 0
            gain = grid(unit.regenerates / 16)
            health.append(min(unit.health, points + gain) if points > 0 else 0.0)
            rested = points > 0 and calm[i] >= 160
            shield[i] = min(unit.shield, shield[i] + 0.125) if rested else shield[i]
            charge = 0.03515625 if unit.energy and points > 0 else 0
            energy.append(min(unit.energy, self.energy[i] - 0.1875 * heals[i] + charge))
        return {"health": health, "shield": shield, "energy": energy, "cooldown": cooldown, "calm": calm}


@pytest.mark.parametrize("seed", range(8))
def test_a_loop_of_fighting_is_what_the_rules_say(seed: int) -> None:
    draw = random.Random(seed)
    battles, units = 40, ALLIES + UNITS_EACH

    def values(low: float, high: float) -> torch.Tensor:
        return torch.tensor([[grid(draw.uniform(low, high)) for _ in range(units)] for _ in range(battles)])

    kind = torch.tensor([[draw.randrange(len(KINDS)) for _ in range(units)] for _ in range(battles)])
    forces = Forces(kind, torch.ones_like(kind, dtype=torch.bool), ALLIES, tables())
    position = torch.stack((values(-4, 4), values(-4, 4)))
    state = Battle.begin(forces, position, torch.zeros_like(position))
    state.health = torch.minimum((values(-40, 200) * 2).round() / 2, forces.max_health).clamp(min=0)
    state.shield = torch.minimum(values(-20, 60).clamp(min=0), forces.max_shield)
    state.energy = torch.minimum(values(0, 20), forces.max_energy)
    state.cooldown = values(-20, 20).clamp(min=0)
    state.calm = values(0, 300).round()
    state.target = torch.tensor([[draw.randrange(units) for _ in range(units)] for _ in range(battles)])
    state.healing = values(0, 1) > 0.5
    state.exploding = (values(0, 1) > 0.7) & ~state.alive
    reload = values(10, 30)
    alive = state.alive
    after = fight(forces, state, alive, aim(forces, state, alive), reload)
    for row in range(battles):
        for name, expected in Slow(forces, state, reload, row).loop().items():
            if name == "shield" and not forces.may_shield:
                continue
            found = getattr(after, name)[row]
            assert found.tolist() == pytest.approx(expected, abs=1e-3), (row, name)
