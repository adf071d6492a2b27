"""Scenarios as data: who fights whom, where, and for how long. No torch here."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from re import findall
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from compose.envs.starcraft.units import UNITS
from compose.graph.fields import Model
from compose.language.diagnostics import Diagnostic, Path, SpecError, did_you_mean
from compose.language.values import Label, Prose

Coordinate = Annotated[float, Limits(ge=0, le=32)]
Point = tuple[Coordinate, Coordinate]
Side = Literal["allies", "enemies"]


class Problem(NamedTuple):
    """Something wrong: where in the scenario, what, and the nearest right name."""

    where: Path
    """The place in the scenario."""
    message: str
    """What is wrong."""
    hint: str = ""
    """The nearest right name."""


SIDES: tuple[Side, ...] = ("allies", "enemies")
PLAIN = 6
"""Actions aimed at nobody: no-op, stop, north, south, east, west."""
FOLDER = pathlib.Path(str(files("compose.envs.starcraft") / "scenarios"))


class Squad(Model):
    """Units of one type that begin at one point."""

    unit: str
    """A type of StarCraft: ``Marine``."""
    count: Annotated[int, Limits(ge=1)]
    """How many."""
    at: Point | None = None
    """x, y from the lower left corner of the map; None: the ring decides."""


class Task(Model):
    """One battle of a scenario. Units fill the slots of their side in the order of its squads."""

    name: Label
    """As the field ``task`` counts them."""
    allies: tuple[Squad, ...]
    """Squads that the agents command."""
    enemies: tuple[Squad, ...]
    """Squads that the environment commands."""

    def side(self, side: Side) -> tuple[Squad, ...]:
        """The squads of a side."""
        return self.allies if side == "allies" else self.enemies

    def counts(self, side: Side) -> dict[str, int]:
        """Units of a side by type."""
        found: dict[str, int] = {}
        for squad in self.side(side):
            found[squad.unit] = found.get(squad.unit, 0) + squad.count
        return found

    @classmethod
    def of(cls, allies: Iterable[Squad], enemies: Iterable[Squad]) -> Self:
        """A task under the name that its armies give it: ``3Sta-5Zea``, or ``5Mar_vs_6Mar`` where they differ."""
        task = cls(name="unnamed", allies=tuple(allies), enemies=tuple(enemies))
        ours, theirs = (
            "-".join(f"{n}{UNITS[unit].short if unit in UNITS else unit}" for unit, n in army.items())
            for army in (task.counts("allies"), task.counts("enemies"))
        )
        return task.model_copy(update={"name": ours if ours == theirs else f"{ours}_vs_{theirs}"})


class Ring(Model):
    """Armies begin opposite one another around the centre of the map, as in the multi-task sets of REFIL."""

    noun: ClassVar[str] = "a ring"

    distance: Annotated[float, Limits(ge=0, le=16)] = 7
    """From the centre of the map to the centre of each army, in cells."""
    jitter: Annotated[float, Limits(ge=0, le=16)] = 1
    """Every squad is moved by up to so much along x and along y."""
    rotate: bool = True
    """True: the angle is uniformly random. False: allies begin on the left (at angle pi)."""


class Scenario(Model):
    """One task, or a set of them of which every episode draws one."""

    noun: ClassVar[str] = "a scenario"

    name: Label
    """As the catalogue has it."""
    summary: Prose
    """One sentence."""
    note: Prose = ""
    """What a reader must know before comparing numbers."""
    terrain: str = "open"
    """The map: ``open``, or a name of `compose.terrain`."""
    limit: Annotated[int, Limits(ge=1)]
    """Steps after which the battle is lost."""
    tasks: Annotated[tuple[Task, ...], Limits(min_length=1)]
    """The battles; every episode draws one, all equally likely."""
    ring: Ring | None = None
    """None: every squad has a point."""
    goal: Point | Literal["start", "between", "chase", "hold"] = "start"
    """Where the enemies' attack-move order sends them: to a point; to the mean of the positions where the allies begin;
    to a random point between the allied squads; to the allies wherever they are; nowhere."""
    like: Scenario | None = None
    """Slots, types, tags and actions are those of this scenario, into which the tasks fit."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        from compose.envs.starcraft.possible import problems

        if found := problems(self):
            text = "; ".join(problem.message for problem in found)
            raise PydanticCustomError("scenario", "{text}", {"text": text, "problems": found})
        return self

    @property
    def shape(self) -> tuple[Task, ...]:
        """The tasks that give the sizes: its own, and those of the scenario that it is like."""
        return self.tasks if self.like is None else (*self.tasks, *self.like.shape)

    def range(self, side: Side) -> tuple[int, int]:
        """The fewest and the most units of a side."""
        counts = [sum(task.counts(side).values()) for task in self.shape]
        return min(counts), max(counts)

    def units(self, side: Side) -> dict[str, tuple[int, int]]:
        """The types of a side in the order of StarCraft's numbers, each with the fewest and the most units of it."""
        counts = [task.counts(side) for task in self.shape]
        of = {kind: [army.get(kind, 0) for army in counts] for kind in UNITS}
        return {kind: (min(numbers), max(numbers)) for kind, numbers in of.items() if any(numbers)}

    @property
    def agents(self) -> int:
        """A: ally slots."""
        return self.range("allies")[1]

    @property
    def enemies(self) -> int:
        """E: enemy slots."""
        return self.range("enemies")[1]

    @property
    def fewest_agents(self) -> int:
        """Allies of the smallest task."""
        return self.range("allies")[0]

    @property
    def fewest_enemies(self) -> int:
        """Enemies of the smallest task."""
        return self.range("enemies")[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The unit types that occur on either side, in the order of StarCraft's numbers."""
        return tuple(kind for kind in UNITS if kind in {**self.units("allies"), **self.units("enemies")})

    @property
    def heals(self) -> bool:
        """Whether allies can heal: Medivacs occur among them."""
        return any(UNITS[kind].heal for kind in self.units("allies"))

    @property
    def has_shield(self) -> bool:
        """Whether units with shields occur."""
        return any(UNITS[kind].shield for kind in self.kinds)

    @property
    def actions(self) -> int:
        """U: the plain ones, one for each enemy, and one for each ally if allies can heal."""
        return PLAIN + self.enemies + (self.agents if self.heals else 0)

    def only(self, task: str) -> Scenario:
        """One task of the set, in slots and actions as the whole set has them.

        Raises:
            SpecError: If there is no task of that name.
        """
        chosen = tuple(other for other in self.tasks if other.name == task)
        if not chosen:
            names = [other.name for other in self.tasks]
            raise SpecError(Diagnostic("scenario.task", f"no task '{task}'", self.name, hint=did_you_mean(task, names),
                                       notes=(f"tasks: {', '.join(names[:12])}{', ...' * (len(names) > 12)}",)))
        return self.model_copy(update={"summary": summary(chosen), "tasks": chosen, "like": self})

    def within(self, other: Scenario) -> Scenario:
        """The same battles in slots and actions as ``other`` has them: what was trained there can be evaluated here.

        Raises:
            SpecError: If they do not fit.
        """
        from compose.envs.starcraft.possible import unfit

        if found := unfit(self, other):
            raise SpecError(*(Diagnostic("scenario.like", message, self.name) for message in found))
        return self.model_copy(update={"like": other})


def summary(tasks: Sequence[Task]) -> str:
    """``2 Stalker, 3 Zealot on each side.``; of several tasks how many battles of which sizes."""
    if len(tasks) == 1:
        armies = [", ".join(f"{n} {kind}" for kind, n in tasks[0].counts(side).items()) for side in SIDES]
        return f"{armies[0]} on each side." if armies[0] == armies[1] else f"{armies[0]} against {armies[1]}."
    ours, theirs = ([sum(task.counts(side).values()) for task in tasks] for side in SIDES)
    return f"{len(tasks)} battles, {min(ours)} to {max(ours)} allies against {min(theirs)} to {max(theirs)} enemies."


def load(name_or_path: str, trail: tuple[pathlib.Path, ...] = ()) -> Scenario:
    """A scenario by the name of one that comes with the package, or by the path of a file (it contains ``.yaml``).

    Args:
        name_or_path: Which.
        trail: Files that wait for it, each being like the next.

    Raises:
        SpecError: If there is none, or the file does not hold a possible scenario.
    """
    from compose.envs.starcraft.scenario_file import read

    if ".yaml" in name_or_path:
        return read(name_or_path, trail)
    if name_or_path not in SCENARIOS:
        hint, notes = did_you_mean(name_or_path, SCENARIOS), (f"scenarios: {', '.join(SCENARIOS)}",)
        raise SpecError(Diagnostic("scenario.unknown", f"no scenario '{name_or_path}'", hint=hint, notes=notes))
    return _packaged(name_or_path)


@cache
def _packaged(name: str) -> Scenario:
    from compose.envs.starcraft.scenario_file import read

    return read(str(FOLDER / f"{name}.yaml"))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that puts 8m before 25m, and numbers before words."""
    return [(not number, int(number or 0), text) for number, text in findall(r"(\d+)|(\D+)", name)]


SCENARIOS: tuple[str, ...] = tuple(sorted((path.stem for path in FOLDER.glob("*.yaml")), key=_natural))
"""The names of the scenarios that come with the package."""
