"""Scenarios as data: who fights whom, where, and for how long. No torch here."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field as Limits
from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from compose.envs.starcraft.playable import problems, unfit
from compose.envs.starcraft.task import Point, Side, Task, Weight, summary
from compose.envs.starcraft.units import REACH, SIGHT, UNITS
from compose.graph.fields import Model
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.values import Label, Prose

LATER = ("starts", "ranges", "sight", "shared_sight", "targets")
"""Fields of scenarios that are no part of a version unless they say something."""
PLAIN = 6
"""Actions aimed at nobody: no-op, stop, north, south, east, west."""
TURNS = 12
"""More of them where sight is a cone: to face so many directions, the first one east, anticlockwise."""


class Ring(Model):
    """Armies begin opposite one another around the centre of the map, as in the multi-task sets of REFIL."""

    noun: ClassVar[str] = "a ring"

    distance: Annotated[float, Limits(ge=0, le=16)] = 7
    """From the centre of the map to the centre of each army, in cells."""
    jitter: Annotated[float, Limits(ge=0, le=16)] = 1
    """Every squad is moved by up to so much along x and along y."""
    rotate: bool = True
    """True: the angle is uniformly random. False: allies begin on the left (at angle pi)."""


class Starts(Model):
    """Every episode draws where armies begin, after SMACv2 (Ellis et al. 2023); the fields are weights."""

    noun: ClassVar[str] = "a way to begin"

    random: Weight = 0
    """Everybody begins anywhere in the own half: allies on the left, a cell from the middle."""
    reflect: Weight = 0
    """Allies as if ``random``, and each enemy opposite the ally of its number; further enemies as if ``random``."""
    surround: Weight = 0
    """Allies begin in the centre, enemies in 1 to 4 groups, each somewhere between the centre and a corner."""


class Scenario(Model):
    """One task, or a set of them of which every episode draws one."""

    noun: ClassVar[str] = "a scenario"

    name: Label
    summary: Prose
    note: Prose = ""
    terrain: str = "open"
    limit: Annotated[int, Limits(ge=1)]
    """Steps after which the battle is lost."""
    tasks: Annotated[tuple[Task, ...], Limits(min_length=1)]
    ring: Ring | None = None
    """None: every squad has a point, unless there are ``starts``."""
    starts: Starts | None = None
    ranges: Literal["equal", "by_type"] = "equal"
    """Whether everybody sees 9 cells far and chooses targets up to 6 cells away, as in SMAC, or as far as its type
    sees and its weapon reaches (but at least 2 cells), as in SMACv2."""
    sight: Literal["round", "cone"] = "round"
    """``cone``: agents see, and choose, only who is ahead of them, and have actions to turn."""
    shared_sight: Annotated[float, Limits(ge=0, le=1)] = 1
    """How likely an agent may see an enemy that another agent saw first, as long as that one lives; drawn once. 0 is,
    with ``targets: any``, SMACv2's extended partial observability."""
    targets: Literal["in_reach", "any"] = "in_reach"
    """Whom agents may choose: who is in their reach, or any enemy alive (healers: any ally). Who chose somebody out of
    reach goes on with its last order."""
    goal: Point | Literal["start", "between", "chase", "hold"] = "start"
    """Where the enemies' attack-move order sends them: to a point; to the mean of the positions where the allies begin;
    to a random point between the allied squads; to the allies wherever they are; nowhere."""
    like: Scenario | None = None
    """Slots, types, tags and actions are those of this scenario, into which the tasks fit."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if found := problems(self):
            text = "; ".join(problem.message for problem in found)
            raise PydanticCustomError("scenario", "{text}", {"text": text, "problems": found})
        return self

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What came after the first scenarios is left out where it is not used: their versions stay."""
        fields = type(self).model_fields
        unsaid = {name for name in LATER if getattr(self, name) == fields[name].default}
        return {name: value for name, value in dump(self).items() if name not in unsaid}

    @property
    def shape(self) -> tuple[Task, ...]:
        """The tasks that give the sizes: its own, and those of the scenario that it is like."""
        return self.tasks if self.like is None else (*self.tasks, *self.like.shape)

    def range(self, side: Side) -> tuple[int, int]:
        """The fewest and the most units of a side."""
        counts = [task.size(side) for task in self.shape]
        return min(counts), max(counts)

    def units(self, side: Side) -> dict[str, tuple[int, int]]:
        """The types of a side in the order of StarCraft's numbers, each with the fewest and the most units of it."""
        most = [task.counts(side) for task in self.shape]
        return {kind: (min(task.fewest(side, kind) for task in self.shape), max(army.get(kind, 0) for army in most))
                for kind in UNITS if any(kind in army for army in most)}

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
    def drawn(self) -> bool:
        """Whether types of units are drawn."""
        return any(task.drawn for task in self.tasks)

    @property
    def heals(self) -> bool:
        """Whether allies can heal: Medivacs occur among them."""
        return any(UNITS[kind].heal for kind in self.units("allies"))

    @property
    def has_shield(self) -> bool:
        """Whether units with shields occur."""
        return any(UNITS[kind].shield for kind in self.kinds)

    @property
    def hides(self) -> bool:
        """Whether agents may be kept from seeing enemies that are in their sight."""
        return self.shared_sight < 1

    @property
    def turns(self) -> int:
        """Actions to turn."""
        return TURNS if self.sight == "cone" else 0

    @property
    def plain(self) -> int:
        """Actions aimed at nobody."""
        return PLAIN + self.turns

    @property
    def actions(self) -> int:
        """U: the plain ones, one for each enemy, and one for each ally if allies can heal."""
        return self.plain + self.enemies + (self.agents if self.heals else 0)

    def sights(self) -> list[float]:
        """How far each type of ``UNITS`` sees, from centre to centre."""
        return [unit.sight if self.ranges == "by_type" else SIGHT for unit in UNITS.values()]

    def reaches(self) -> list[float]:
        """Up to which distance each type of ``UNITS`` chooses targets, from centre to centre."""
        return [unit.reach if self.ranges == "by_type" else REACH for unit in UNITS.values()]

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
        if found := unfit(self, other):
            raise SpecError(*(Diagnostic("scenario.like", message, self.name) for message in found))
        return self.model_copy(update={"like": other})
