"""What a scenario file says of its armies and tasks, in the short forms that the files have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product
from math import comb
from re import fullmatch
from typing import Any

from compose.envs.starcraft.drawn import read_units
from compose.envs.starcraft.report import MOST_UNITS, Places, Report, number, shown
from compose.envs.starcraft.task import SIDES, Point, Squad, Task
from compose.language.diagnostics import Path, did_you_mean

MOST_TASKS = 2000
"""Tasks of a scenario, at most."""


class Armies:
    """Reads them; mistakes go to ``report`` with their places."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.tasks: list[Task] = []
        self.places: Places = {}

    def read(self, data: dict[str, Any]) -> None:
        """Fill ``tasks`` and ``places`` from a file's ``tasks``, or ``units``, or ``allies`` and ``enemies``."""
        if "tasks" not in data:
            sides: dict[str, Any] = {key: data[key] for key in ("allies", "enemies", "both") if key in data}
            if "units" not in data:
                self._battle(sides, ())
                return
            for side in sides:
                self.report((side,), "drawn units are those of both sides", "give units, or allies and enemies")
            self._drawn(data["units"], ("units",))
            return
        for key in ("allies", "enemies", "both", "units"):
            if key in data:
                self.report((key,), "a scenario has tasks, or one battle", f"{key} is for one battle")
        items = data["tasks"] if isinstance(data["tasks"], list) else [data["tasks"]]
        if not items:
            self.report(("tasks",), "a scenario has at least one task")
        for i, item in enumerate(items):
            at: Path = ("tasks", i) if isinstance(data["tasks"], list) else ("tasks",)
            if not isinstance(item, dict):
                self.report(at, "a task is a mapping", "{allies: {Marine: 5}, enemies: {Marine: 6}}")
            elif "draw" in item:
                self._drawn(item, at)
            elif "units" in item or "of" in item:
                self._mixed(item, at)
            else:
                self._battle(item, at)

    def _battle(self, item: dict[str, Any], at: Path) -> None:
        """``{allies: army, enemies: army}`` or ``{both: army}``."""
        self._known(item, at, ("allies", "enemies", "both"))
        if "both" in item and ("allies" in item or "enemies" in item):
            self.report((*at, "both"), "a battle has either both, or allies and enemies")
        sides = ("both", "both") if "both" in item else ("allies", "enemies")
        if lacking := [side for side in sides if side not in item]:
            self.report(at, f"no {' and no '.join(lacking)}: a battle needs both sides")
            return
        ours, theirs = (list(self._army(item[side], (*at, side))) for side in sides)
        places: Places = {("allies", j): place for j, (_, place) in enumerate(ours)}
        places |= {("enemies", j): place for j, (_, place) in enumerate(theirs)}
        places |= {("allies",): (*at, sides[0]), ("enemies",): (*at, sides[1])}
        self._add(Task.of((squad for squad, _ in ours), (squad for squad, _ in theirs)), at, places)

    def _drawn(self, item: Any, at: Path) -> None:
        """``{draw: {Marine: 0.5, Marauder: 0.5}, of: 5, against: 6}``: see ``docs/scenarios.md``."""
        if isinstance(item, dict):
            self._known(item, at, ("draw", "of", "against", "not_only"), "drawn units have")
        found = read_units(item, at, self.report)
        if found is not None:
            places: Places = {(side, j, kind): (*at, "draw", kind) for side, squads in zip(SIDES, found, strict=True)
                              for j, squad in enumerate(squads) for kind in squad.weights}
            self._add(Task.of(*found), at, {**places, ("allies",): at, ("enemies",): at})

    def _army(self, army: Any, at: Path) -> Iterator[tuple[Squad, Path]]:
        """``{Stalker: 2, Zealot: 3, at: [9, 16]}``, or a list of such."""
        if isinstance(army, list):
            for i, part in enumerate(army):
                yield from self._army(part, (*at, i))
            return
        if not isinstance(army, dict):
            self.report(at, "an army says how many units of each type", "{Stalker: 2, Zealot: 3}")
            return
        point = self.point(army["at"], (*at, "at")) if "at" in army else None
        for unit, count in army.items():
            if unit == "at":
                continue
            if unit == "draw":
                self.report((*at, unit), "drawn units are those of both sides", "units: {draw: {...}, of: 5}", key=True)
                count = 1
            elif isinstance(count, dict):
                self.report((*at, unit), "units stand in the army itself", "{Marine: 3, at: [9, 16]}", key=True)
                count = 1
            yield Squad(unit=unit, count=number(count, (*at, unit), self.report), at=point), (*at, unit)

    def _mixed(self, item: dict[str, Any], at: Path) -> None:
        """``{units: 3-8, of: [Stalker, Zealot], and: {Colossus: 0-2}, more: 0-1}``: see ``docs/scenarios.md``."""
        self._known(item, at, ("units", "of", "and", "more"))
        if lacking := [key for key in ("units", "of") if key not in item]:
            self.report(at, f"no '{lacking[0]}': a range of tasks needs units and of", "{units: 3-8, of: [Stalker]}")
            return
        types, extras = item["of"], item.get("and", {})
        if not isinstance(types, list) or not types or not all(isinstance(kind, str) for kind in types):
            self.report((*at, "of"), "expected a list of unit types", "[Stalker, Zealot]")
            types = []
        if not isinstance(extras, dict):
            self.report((*at, "and"), "expected how many units of each further type", "{Colossus: 0-2}")
            extras = {}
        sizes = self._range(item["units"], (*at, "units"), least=1)
        more = self._range(item.get("more", 0), (*at, "more"))
        further = {kind: self._range(many, (*at, "and", kind)) for kind, many in extras.items()}
        if repeated := [kind for i, kind in enumerate([*types, *further]) if kind in [*types, *further][:i]]:
            self.report((*at, "of"), f"{repeated[0]} is given twice")
            return
        tasks = sum(comb(size + len(types) - 1, size) for size in sizes) * len(more)
        for numbers in further.values():
            tasks *= len(numbers)
        if tasks > MOST_TASKS:
            self.report(at, f"these are {tasks} tasks; a scenario has at most {MOST_TASKS}")
            return
        where: dict[str, Path] = {kind: (*at, "and", kind) for kind in further}
        where |= {kind: (*at, "of", j) for j, kind in enumerate(types)}
        for size in sizes if types else ():
            for units in combinations_with_replacement(types, size):
                for counts in product(*further.values(), more):
                    army = {kind: units.count(kind) for kind in types} | dict(zip(further, counts, strict=False))
                    many = {**army, types[0]: army[types[0]] + counts[-1]}
                    task = Task.of(_squads(army), _squads(many))
                    places: Places = {(side, j): where[squad.kinds[0]]
                              for side, squads in (("allies", task.allies), ("enemies", task.enemies))
                              for j, squad in enumerate(squads)}
                    self._add(task, at, places)

    def _range(self, value: Any, at: Path, least: int = 0) -> range:
        """``3-8`` or a number."""
        match = fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", str(value)) if isinstance(value, int | str) else None
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not least <= first <= last <= MOST_UNITS or isinstance(value, bool):
            self.report(at, f"expected a number or a range from {least} to {MOST_UNITS}, got {shown(value)}", "3-8")
            return range(least, least + 1)
        return range(first, last + 1)

    def point(self, value: Any, at: Path) -> Point | None:
        """``[x, y]`` on the map."""
        numbers = isinstance(value, list) and all(type(n) in (int, float) and 0 <= n <= 32 for n in value)
        if not numbers or len(value) != 2:
            self.report(at, f"expected a point of the map, got {shown(value)}", "[x, y], both from 0 to 32")
            return None
        return float(value[0]), float(value[1])

    def _known(self, item: dict[str, Any], at: Path, keys: tuple[str, ...], owner: str = "a task has") -> None:
        for key in item:
            if key not in keys:
                hint = did_you_mean(key, keys) or f"fields: {', '.join(keys)}"
                self.report((*at, key), f"{owner} no field '{key}'", hint, key=True)

    def _add(self, task: Task, at: Path, places: Places) -> None:
        here = ("tasks", len(self.tasks))
        self.places |= {(*here, *part): place for part, place in places.items()} | {here: at}
        self.tasks.append(task)


def _squads(army: dict[str, int]) -> Iterator[Squad]:
    return (Squad(unit=kind, count=count) for kind, count in army.items() if count)
