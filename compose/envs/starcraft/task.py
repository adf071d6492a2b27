"""Tasks as data: one battle, the squads of each side. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field as Limits

from compose.envs.starcraft.units import UNITS
from compose.graph.fields import Model
from compose.language.values import Label

Coordinate = Annotated[float, Limits(ge=0, le=32)]
Point = tuple[Coordinate, Coordinate]
Side = Literal["allies", "enemies"]
SIDES: tuple[Side, ...] = ("allies", "enemies")


class Squad(Model):
    """Units of one type that begin at one point."""

    unit: str
    count: Annotated[int, Limits(ge=1)]
    at: Point | None = None
    """x, y from the lower left corner of the map; None: the ring decides."""


class Task(Model):
    """One battle of a scenario. Units fill the slots of their side in the order of its squads."""

    name: Label
    allies: tuple[Squad, ...]
    enemies: tuple[Squad, ...]

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


def summary(tasks: Sequence[Task]) -> str:
    """``2 Stalker, 3 Zealot on each side.``; of several tasks how many battles of which sizes."""
    if len(tasks) == 1:
        armies = [", ".join(f"{n} {kind}" for kind, n in tasks[0].counts(side).items()) for side in SIDES]
        return f"{armies[0]} on each side." if armies[0] == armies[1] else f"{armies[0]} against {armies[1]}."
    ours, theirs = ([sum(task.counts(side).values()) for task in tasks] for side in SIDES)
    return f"{len(tasks)} battles, {min(ours)} to {max(ours)} allies against {min(theirs)} to {max(theirs)} enemies."
