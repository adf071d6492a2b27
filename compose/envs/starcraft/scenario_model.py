"""Scenarios as data: who fights whom, where, and for how long. No torch here."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from compose.envs.starcraft.playable import problems, unfit
from compose.envs.starcraft.task import Point, Side, Task, summary
from compose.envs.starcraft.units import UNITS
from compose.graph.fields import Model
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.values import Label, Prose

PLAIN = 6
"""Actions aimed at nobody: no-op, stop, north, south, east, west."""


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
    summary: Prose
    note: Prose = ""
    terrain: str = "open"
    limit: Annotated[int, Limits(ge=1)]
    """Steps after which the battle is lost."""
    tasks: Annotated[tuple[Task, ...], Limits(min_length=1)]
    ring: Ring | None = None
    """None: every squad has a point."""
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
        if found := unfit(self, other):
            raise SpecError(*(Diagnostic("scenario.like", message, self.name) for message in found))
        return self.model_copy(update={"like": other})
