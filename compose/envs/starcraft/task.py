"""Tasks as data: one battle, the squads of each side, whose types may be drawn. No torch here."""

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


Weight = Annotated[float, Limits(ge=0, le=1000)]


class Squad(Model):
    """Units of one type that begin at one point."""

    unit: str
    count: Annotated[int, Limits(ge=1)]
    at: Point | None = None
    """x, y from the lower left corner of the map; None: the ring decides."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that its units may have."""
        return (self.unit,)

    @property
    def text(self) -> str:
        """For people: ``2 Stalker``."""
        return f"{self.count} {self.unit}"


class Drawn(Model):
    """Units whose types are drawn anew in every episode, each by itself: SMACv2's weighted teams (Ellis et al. 2023).

    Squads of one task that have the same ``team`` and ``weights`` are drawn alike, unit by unit, on whichever side.
    """

    weights: dict[str, Weight]
    """How likely each type is, in proportion. A type of weight 0 has its place among the features and is never drawn.
    Allies' slots are in the order of these types."""
    count: Annotated[int, Limits(ge=1)]
    not_only: tuple[str, ...] = ()
    """A team that has only such types is drawn again."""
    team: int = 0

    @property
    def at(self) -> None:
        """Drawn units have no point of their own."""
        return

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that its units may have."""
        return tuple(self.weights)

    @property
    def text(self) -> str:
        """For people: ``5 drawn (0.9 Marine, 0.1 Medivac)``."""
        whole = sum(self.weights.values()) or 1
        shares = ", ".join(f"{weight / whole:.3g} {kind}" for kind, weight in self.weights.items())
        return f"{self.count} drawn ({shares})"


class Task(Model):
    """One battle of a scenario. Units fill the slots of their side in the order of its squads."""

    name: Label
    allies: tuple[Squad | Drawn, ...]
    enemies: tuple[Squad | Drawn, ...]

    def side(self, side: Side) -> tuple[Squad | Drawn, ...]:
        """The squads of a side."""
        return self.allies if side == "allies" else self.enemies

    def counts(self, side: Side) -> dict[str, int]:
        """The most units of a side by type."""
        found: dict[str, int] = {}
        for squad in self.side(side):
            for kind in squad.kinds:
                found[kind] = found.get(kind, 0) + squad.count
        return found

    def fewest(self, side: Side, kind: str) -> int:
        """The fewest units of a type on a side."""
        return sum(squad.count for squad in self.side(side) if squad.kinds == (kind,))

    def size(self, side: Side) -> int:
        """Units of a side."""
        return sum(squad.count for squad in self.side(side))

    @property
    def drawn(self) -> bool:
        """Whether types are drawn."""
        return any(isinstance(squad, Drawn) for side in SIDES for squad in self.side(side))

    @classmethod
    def of(cls, allies: Iterable[Squad | Drawn], enemies: Iterable[Squad | Drawn]) -> Self:
        """A task under the name that its armies give it: ``3Sta-5Zea``, ``5Mar_vs_6Mar`` where they differ,
        ``5MarMed`` where types are drawn."""
        task = cls(name="unnamed", allies=tuple(allies), enemies=tuple(enemies))
        ours, theirs = ("-".join(f"{n}{''.join(map(_short, kinds))}" for kinds, n in _grouped(task.side(side)))
                        for side in SIDES)
        return task.model_copy(update={"name": ours if ours == theirs else f"{ours}_vs_{theirs}"})


def summary(tasks: Sequence[Task]) -> str:
    """``2 Stalker, 3 Zealot on each side.``; of several tasks how many battles of which sizes."""
    if len(tasks) == 1:
        armies = [_text(tasks[0].side(side)) for side in SIDES]
        (ours, _, what), (theirs, _, same) = (army.partition(" ") for army in armies)
        if tasks[0].drawn and what == same and ours != theirs:
            return f"{ours} against {theirs} {what}."
        return f"{armies[0]} on each side." if armies[0] == armies[1] else f"{armies[0]} against {armies[1]}."
    first, second = ([task.size(side) for task in tasks] for side in SIDES)
    return f"{len(tasks)} battles, {min(first)} to {max(first)} allies against {min(second)} to {max(second)} enemies."


def _short(unit: str) -> str:
    return UNITS[unit].short if unit in UNITS else unit


def _grouped(squads: Iterable[Squad | Drawn]) -> list[tuple[tuple[str, ...], int]]:
    """How many units there are of the same possible types."""
    found: dict[tuple[str, ...], int] = {}
    for squad in squads:
        found[squad.kinds] = found.get(squad.kinds, 0) + squad.count
    return list(found.items())


def _text(squads: Sequence[Squad | Drawn]) -> str:
    """``2 Stalker, 3 Zealot``; squads of the same types count together."""
    first = {squad.kinds: squad for squad in reversed(squads)}
    return ", ".join(first[kinds].model_copy(update={"count": count}).text for kinds, count in _grouped(squads))
