"""The views once more, unit by unit in plain Python, with numbers of its own: what the fast ones must equal."""

from __future__ import annotations

from math import atan2, hypot, pi
from typing import Any

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.snapshot import Snapshot
from tests.envs.starcraft.battles import NAMES

FULL = {  # health, shield, energy, divisor of the cooldown (of the Medivac: of its energy)
    "Marine": (45, 0, 0, 15), "Marauder": (125, 0, 0, 25), "Medivac": (150, 0, 200, 200), "Stalker": (80, 80, 0, 35),
    "Zealot": (100, 50, 0, 22), "Colossus": (200, 150, 0, 24), "Hydralisk": (80, 0, 0, 10), "Zergling": (35, 0, 0, 11),
    "Baneling": (30, 0, 0, 1), "SpineCrawler": (300, 0, 0, 15),
}  # fmt: skip
NUMBER = {"Colossus": 4, "Baneling": 9, "Marine": 48, "Marauder": 51, "Medivac": 54, "Zealot": 73, "Stalker": 74,
          "SpineCrawler": 98, "Zergling": 105, "Hydralisk": 107}


RANGES = {  # in SMACv2: how far a type sees, and how far away it may choose targets
    "Marine": (9, 5), "Marauder": (10, 6), "Medivac": (11, 4), "Stalker": (10, 6), "Zealot": (9, 2),
    "Colossus": (10, 7), "Zergling": (8, 2), "Hydralisk": (9, 5), "Baneling": (8, 2), "SpineCrawler": (11, 7),
}  # fmt: skip


class Battle:
    """One battle of a snapshot. Allies are numbered 0 .. A - 1, enemies A .. A + E - 1."""

    def __init__(self, scenario: Scenario, snapshot: Snapshot, b: int) -> None:
        self.agents, self.enemies = scenario.agents, scenario.enemies
        self.units = range(self.agents + self.enemies)
        tasks = [*scenario.tasks, *(scenario.like.tasks if scenario.like else ())]
        kinds = {kind for task in tasks for squad in (*task.allies, *task.enemies) for kind in squad.kinds}
        self.kinds = sorted(kinds, key=NUMBER.__getitem__)
        self.heals = any("Medivac" in squad.kinds for task in tasks for squad in task.allies)
        self.cone, self.by_type, self.placed = (
            scenario.sight == "cone", scenario.ranges == "by_type", scenario.starts is not None)
        self.any = scenario.targets == "any"
        self.permitted = snapshot.permitted[b].tolist() if scenario.shared_sight < 1 else None
        self.drawn = any(task.drawn for task in tasks)
        self.plain = 6 + 12 * self.cone
        self.facing = None if snapshot.facing is None else snapshot.facing[b].tolist()
        self.actions = self.plain + self.enemies + (self.agents if self.heals else 0)
        rows: dict[str, list[Any]] = {name: getattr(snapshot, name)[b].tolist() for name in (
            "present", "health", "shield", "energy", "cooldown", "tag", "moves", "last_action", "position")}
        self.of = rows
        self.kind = [NAMES[k] for k in snapshot.kind[b].tolist()]
        self.alive = [p and h > 0 for p, h in zip(rows["present"], rows["health"], strict=True)]

    def distance(self, i: int, j: int) -> float:
        (x, y), (z, w) = self.of["position"][i], self.of["position"][j]
        return hypot(x - z, y - w)

    def is_ally(self, i: int) -> bool:
        return i < self.agents

    def sees(self, i: int, j: int) -> bool:
        if i == j:
            return bool(self.of["present"][i])
        far = self.distance(i, j) <= self.ranges(i)[0]
        return self.alive[i] and self.alive[j] and far and (not self.is_ally(i) or self.ahead(i, j)) and self.may(i, j)

    def may(self, i: int, j: int) -> bool:
        """Whether a unit is permitted to see another."""
        return self.permitted is None or self.is_ally(i) == self.is_ally(j) or not self.is_ally(i) or (
            self.permitted[i][j - self.agents])

    def ranges(self, i: int) -> tuple[float, float]:
        """How far a unit sees, and chooses targets."""
        return RANGES[self.kind[i]] if self.by_type else (9, 6)

    def ahead(self, i: int, j: int) -> bool:
        """By the angle."""
        (x, y), (z, w) = self.of["position"][i], self.of["position"][j]
        if not self.cone or (x, y) == (z, w):
            return True
        apart = (atan2(w - y, z - x) - 2 * pi * self.facing[i] / 12 + pi) % (2 * pi) - pi
        return abs(apart) <= pi / 12

    def look(self, a: int) -> list[float]:
        """Where an agent faces, by the letter."""
        half, root = 0.5, 0.75**0.5
        x = [1, root, half, 0, -half, -root, -1, -root, -half, 0, half, root]
        return [x[self.facing[a]], x[(self.facing[a] - 3) % 12]] if self.cone else []

    def available(self, a: int, does: bool = False) -> list[bool]:
        """By action; if it ``does``, without those that are dropped."""
        if not self.alive[a]:
            return [True] + [False] * (self.actions - 1)
        found = [False, True, *self.of["moves"][a]] + [True] * (12 * self.cone)
        found += [False] * (self.actions - self.plain)
        healer = self.kind[a] == "Medivac"
        for j in self.units:
            target = self.is_ally(j) and self.kind[j] != "Medivac" if healer else not self.is_ally(j)
            near = self.distance(a, j) <= self.ranges(a)[1] and self.ahead(a, j)
            if target and self.alive[j] and (near or (self.any and not does)):
                found[self.plain + self.of["tag"][j]] = True
        return found

    def entity(self, i: int) -> list[float]:
        if not self.of["present"][i]:
            return [0.0] * (len(self.units) + self.actions - 2 + self.types + 1 + self.shields + 2 + 4 + 2 * self.cone)
        health, shield, energy, cooldown = FULL[self.kind[i]]
        tag = [float(self.of["tag"][i] == t) for t in self.units]
        bits = [float(x) for x in self.available(i)[2:]] if self.is_ally(i) else [0.0] * (self.actions - 2)
        type_ = [float(self.kind[i] == kind) for kind in self.kinds] if self.types else []
        if not self.alive[i]:
            return [*tag, *bits, *type_, *[0.0] * (1 + self.shields + 2 + 4 + 2 * self.cone)]
        there = [j for j in self.units if self.of["present"][j]]
        mean = [sum(self.of["position"][j][d] for j in there) / len(there) for d in (0, 1)]
        far = max(hypot(self.of["position"][j][0] - mean[0], self.of["position"][j][1] - mean[1]) for j in there)
        x, y = self.of["position"][i]
        own = [self.of["energy"][i] / (energy or 1), self.of["cooldown"][i] / cooldown]
        own = own if self.is_ally(i) else [0.0, 0.0]
        points = [self.of["health"][i] / health, *([self.of["shield"][i] / (shield or 1)] if self.shields else [])]
        look = self.look(i) if self.is_ally(i) else [0.0, 0.0] * self.cone
        return [*tag, *bits, *type_, *points, *own, x / 32, y / 32, (x - mean[0]) / far, (y - mean[1]) / far, *look]

    @property
    def types(self) -> int:
        return len(self.kinds) if len(self.kinds) > 1 else 0

    @property
    def shields(self) -> int:
        return int(any(FULL[kind][1] for kind in self.kinds))

    # SMAC's vectors; tags are in the order of slots there

    def flat_types(self) -> tuple[list[str], list[str]]:
        """Types of allies and of enemies in the order of their bits."""
        sides = [{self.kind[i] for i in self.units if self.is_ally(i) == ours} for ours in (True, False)]
        sides = [{*self.kinds}] * 2 if self.drawn else sides
        if all(len(side) == 1 for side in sides):
            return [], []
        ours = sorted(sides[0] | sides[1])
        return ours, ["Zealot", "Stalker"] if ours == ["Stalker", "Zealot"] else ours

    def points(self, i: int) -> list[float]:
        """Health, shield if the side has any, type."""
        side = [self.kind[j] for j in self.units if self.is_ally(j) == self.is_ally(i)]
        side = self.kinds if self.drawn else side
        health, shield = FULL[self.kind[i]][:2]
        shields = [self.of["shield"][i] / shield if shield else 0.0] if any(FULL[kind][1] for kind in side) else []
        types = self.flat_types()[0 if self.is_ally(i) else 1]
        return [self.of["health"][i] / health, *shields, *(float(self.kind[i] == kind) for kind in types)]

    def observation(self, a: int) -> list[float]:
        available = self.available(a, True)
        found = [float(x) for x in available[2:6]]
        for k in range(self.enemies):
            bit = available[self.plain + k]
            if self.kind[a] == "Medivac":  # its k-th target is the ally k
                bit = k < self.agents and available[self.plain + self.enemies + k]
            found += self.seen(a, self.agents + k, float(bit))
        for j in range(self.agents):
            if j != a:
                found += self.seen(a, j, 1.0)
        own = self.points(a)
        numbers = len(own) - len(self.flat_types()[0])
        place = [x / 32 + 0.5 for x in self.of["position"][a]] if self.placed else []
        own[numbers:numbers] = [*place, *self.look(a)]
        return found + own if self.alive[a] else [0.0] * (len(found) + len(own))

    def seen(self, a: int, j: int, first: float) -> list[float]:
        (x, y), (z, w) = self.of["position"][a], self.of["position"][j]
        sight = self.ranges(a)[0]
        values = [first, self.distance(a, j) / sight, (z - x) / sight, (w - y) / sight, *self.points(j)]
        seen = self.alive[j] and self.distance(a, j) < sight and self.ahead(a, j) and self.may(a, j)
        return values if seen else [0.0] * len(values)

    def state(self) -> list[float]:
        found: list[float] = []
        for i in self.units:
            (x, y), (health, *rest) = self.of["position"][i], self.points(i)
            ready = self.of["energy" if self.kind[i] == "Medivac" else "cooldown"][i] / FULL[self.kind[i]][3]
            values = [health, *([ready] if self.is_ally(i) else []), x / 32, y / 32, *rest]
            if self.is_ally(i):
                numbers = len(values) - len(self.flat_types()[0])
                values[numbers:numbers] = self.look(i)
            found += values if self.alive[i] else [0.0] * len(values)
        for a in range(self.agents):
            action = self.of["last_action"][a]
            index = action if action < self.plain + self.enemies else action - self.enemies
            first_step = self.alive[a] and not action
            found += [float(index == k and not first_step) for k in range(self.plain + self.enemies)]
        return found
