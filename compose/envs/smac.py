"""SMAC's multi-task sets as schemas: data only, nothing here runs StarCraft.

The entity scheme is that of the released multi-task environments of REFIL (Iqbal et al. 2021) and OPT: A ally slots,
then E enemy slots; every unit carries a random tag per episode, and the actions after the six plain ones are aimed at
tags, so which action hits which unit changes from episode to episode (field ``action_entity``). A dead unit stays
present, sees only itself and is seen by nobody; its one action is the no-op. The last action is not among the features.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Annotated, ClassVar, NoReturn

from pydantic import Field as Limits

from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, Side, standard_fields
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    import torch

Army = dict[str, int]
Task = tuple[Army, Army]
"""Allies and enemies: units by type."""

_UNITS = ("Colossus", "Marine", "Marauder", "Medivac", "Zealot", "Stalker")
"""In the order of StarCraft's unit ids, which is the order of the type one-hot."""
_SHIELDED = {"Colossus", "Stalker", "Zealot"}
_SHORT = {"Colossus": "Col", "Marine": "Mar", "Marauder": "Mau", "Medivac": "Med", "Zealot": "Zea", "Stalker": "Sta"}
_PROPOSED = "The paper does not list this set's tasks; this list is our proposal: n against n and n + 1, n = 5 .. 10."


class Settings(Model):
    """What a name may change."""

    limit: Annotated[int, Limits(ge=1)]
    """Steps after which the battle is lost."""


def _mixed(fewest: int, most: int, types: tuple[str, ...], extra: str = "", extra_most: int = 0) -> list[Task]:
    """Equal armies: each choice of ``fewest`` to ``most`` units of ``types``, times 0 to ``extra_most`` ``extra``."""
    tasks: list[Task] = []
    for size in range(fewest, most + 1):
        for units in combinations_with_replacement(types, size):
            for count in range(extra_most + 1):
                army = {kind: units.count(kind) for kind in types} | ({extra: count} if extra else {})
                army = {kind: number for kind, number in army.items() if number}
                tasks.append((army, army))
    return tasks


def _marines(pairs: Iterable[tuple[int, int]]) -> list[Task]:
    return [({"Marine": allies}, {"Marine": enemies}) for allies, enemies in pairs]


def _only_marines(tasks: list[Task]) -> bool:
    return all(set(allies) == {"Marine"} for allies, _ in tasks)


_GROUND, _BIO = ("Stalker", "Zealot"), ("Marine", "Marauder")
_SETS: dict[str, list[Task]] = {
    "3-8m_symmetric": _mixed(3, 8, ("Marine",)),
    "6-11m_mandown": _marines((n - 1, n) for n in range(6, 12)),
    "3-8sz": _mixed(3, 8, _GROUND),
    "3-8csz": _mixed(3, 6, _GROUND, "Colossus", 2),
    "3-8MMM": _mixed(3, 6, _BIO, "Medivac", 2),
    "5-11sz": _mixed(5, 11, _GROUND),
    "5-11csz": _mixed(5, 8, _GROUND, "Colossus", 3),
    "5-11MMM": _mixed(5, 8, _BIO, "Medivac", 3),
    "small_mt": _marines(((5, 5), (6, 6), (5, 6))),
    "medium_mt": _marines((n, n) for n in range(6, 12)),
    "large_mt": _marines((n, n + more) for n in range(5, 11) for more in (0, 1)),
}


class SmacFamily:
    """The catalogue's entry."""

    needs = "StarCraft II"
    summary = "StarCraft micro-management with a battle drawn from a set of tasks (schemas only)."
    instances: ClassVar[dict[str, Settings]] = {
        name: Settings(limit=100 if _only_marines(tasks) else 150) for name, tasks in _SETS.items()
    }

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of a set; sizes follow from its largest armies."""
        tasks = _SETS[instance]
        allies, enemies = _counts([a for a, _ in tasks]), _counts([e for _, e in tasks])
        others, agents = enemies[1], allies[1]
        types = (*_types("agent", [a for a, _ in tasks]), *_types("other", [e for _, e in tasks]))
        units = [kind for kind in _UNITS if any(kind == t.name for t in types)]
        heals = (ActionGroup(name="heal", count=agents, targets="agent"),) if "Medivac" in units else ()
        actions = (
            ActionGroup(name="no_op", count=1), ActionGroup(name="stop", count=1), ActionGroup(name="move", count=4),
            ActionGroup(name="attack", count=others, targets="other"), *heals,
        )
        return EntitySchema(
            name=f"smac/{instance}",
            summary=f"{len(tasks)} battles, {allies[0]} to {agents} allies against {enemies[0]} to {others} enemies.",
            note=_PROPOSED if instance == "large_mt" else "",
            agents=agents,
            entities=agents + others,
            fewest_agents=allies[0],
            fewest_others=enemies[0],
            types=types,
            features=_features(agents + others, sum(group.count for group in actions), units),
            actions=actions,
            limit=settings.limit,
            truncates=False,
            tasks=tuple(map(_title, tasks)),
            fields=standard_fields("position", "action_entity"),
        )

    def make(self, schema: EntitySchema, settings: Settings, device: str | torch.device) -> NoReturn:
        """Refuse.

        Raises:
            SpecError: Always.
        """
        raise SpecError(Diagnostic(
            "environment-data-only", "this environment is data only: it needs StarCraft II", where=schema.name,
            hint="to play it, adapt the SMAC package (github.com/oxwhirl/smac) to compose.envs.interface.Environment",
        ))


def _counts(armies: list[Army]) -> tuple[int, int]:
    """Units of the smallest and of the largest army."""
    totals = [sum(army.values()) for army in armies]
    return min(totals), max(totals)


def _types(side: Side, armies: list[Army]) -> list[EntityType]:
    """How many of each unit type an army of ``side`` may hold."""
    return [EntityType(name=kind, side=side, min=min(counts), max=max(counts))
            for kind in _UNITS if any(counts := [army.get(kind, 0) for army in armies])]


def _features(tags: int, actions: int, units: list[str]) -> tuple[Feature, ...]:
    """The feature vector of one unit; empty stretches are left out."""
    kind = Feature(name="unit_type", size=len(units), kind="one_hot", what=", ".join(units))
    shield = Feature(name="shield", size=1, kind="float", what="As a fraction of the type's full shield.")
    return (
        Feature(name="tag", size=tags, kind="one_hot", what="Random per episode: enemies' tags first, then allies'."),
        Feature(name="available", size=actions - 2, kind="bits", of=("agent",),
                what="The ally's available actions without no-op and stop."),
        *((kind,) if len(units) > 1 else ()),
        Feature(name="health", size=1, kind="float", what="As a fraction of the type's full health."),
        *((shield,) if _SHIELDED & set(units) else ()),
        Feature(name="energy", size=1, kind="float", of=("agent",), what="As a fraction of the type's full energy."),
        Feature(name="cooldown", size=1, kind="float", of=("agent",), what="Of the weapon; may exceed 1."),
        Feature(name="from_centre", size=2, kind="float", what="x, y from the map's centre over the map's size."),
        Feature(name="from_mean", size=2, kind="float",
                what="x, y from the mean of all units over the largest distance from it."),
    )


def _title(task: Task) -> str:
    """``3Sta-5Zea``; ``5Mar_vs_6Mar`` where the armies differ."""
    allies, enemies = ("-".join(f"{count}{_SHORT[kind]}" for kind, count in army.items()) for army in task)
    return allies if allies == enemies else f"{allies}_vs_{enemies}"


FAMILY = SmacFamily()
