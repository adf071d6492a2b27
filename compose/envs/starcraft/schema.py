"""Entity schemas of scenarios: what battles offer to specs, wherever they are fought. No torch here.

The entity scheme is that of the released multi-task environments of REFIL (Iqbal et al. 2021) and OPT: A ally slots,
then E enemy slots; every unit carries a tag, and the actions after the six plain ones are aimed at tags, so which
action hits which unit may change from episode to episode (field ``action_entity``). A dead unit stays present, sees
only itself and is seen by nobody; its one action is the no-op. The last action is not among the features.
"""

from __future__ import annotations

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.task import SIDES, Side
from compose.envs.starcraft.units import UNITS
from compose.graph.schema import OBSERVED, ActionGroup, EntitySchema, EntityType, Feature, standard_fields

_FIELDS = ("position", "action_entity")
_FLAT = ("observation", "state")


def entity_schema(scenario: Scenario, *, name: str, limit: int | None = None, flat: bool | None = None) -> EntitySchema:
    """The schema of a scenario under the name ``name``; sizes follow from its largest armies.

    Args:
        limit: Steps of an episode; the scenario's, unless given.
        flat: Whether to offer SMAC's observation and state vectors; unless given, where SMAC defines them
            (:func:`has_flat`).

    Raises:
        ValueError: If ``flat`` asks for vectors that are not defined.
    """
    flat = has_flat(scenario) if flat is None else flat
    agents, enemies = scenario.agents, scenario.enemies
    turns = (ActionGroup(name="turn", count=scenario.turns),) if scenario.turns else ()
    heals = (ActionGroup(name="heal", count=agents, targets="agent"),) if scenario.heals else ()
    return EntitySchema(
        name=name,
        summary=scenario.summary,
        note=scenario.note,
        agents=agents,
        entities=agents + enemies,
        fewest_agents=scenario.fewest_agents,
        fewest_others=scenario.fewest_enemies,
        types=tuple(
            EntityType(name=kind, side="agent" if side == "allies" else "other", min=fewest, max=most)
            for side in SIDES for kind, (fewest, most) in scenario.units(side).items()
        ),
        features=_features(scenario),
        actions=(
            ActionGroup(name="no_op", count=1), ActionGroup(name="stop", count=1), ActionGroup(name="move", count=4),
            *turns, ActionGroup(name="attack", count=enemies, targets="other"), *heals,
        ),
        limit=scenario.limit if limit is None else limit,
        truncates=False,
        tasks=tuple(task.name for task in scenario.tasks),
        axes=flat_sizes(scenario) if flat else {},
        fields=standard_fields(*_FIELDS, *(_FLAT if flat else ())),
    )


def has_flat(scenario: Scenario) -> bool:
    """Whether SMAC's flat vectors are defined: of one task in slots of its own."""
    return len(scenario.tasks) == 1 and scenario.like is None


def flat_types(scenario: Scenario) -> tuple[str, ...]:
    """The types that flat vectors tell apart, by name; none where each side has only one type.

    Raises:
        ValueError: If the scenario has no flat vectors.
    """
    if not has_flat(scenario):
        raise ValueError(f"{scenario.name} has no flat view: that is defined for one task in slots of its own")
    several = any(len(scenario.units(side)) > 1 for side in SIDES)
    return tuple(sorted(scenario.kinds)) if several else ()


def flat_sizes(scenario: Scenario) -> dict[str, int]:
    """The lengths of SMAC's ``observation`` of one agent, of its parts, and of its ``state``.

    Raises:
        ValueError: If the scenario has no flat vectors.
    """
    types, agents, enemies = len(flat_types(scenario)), scenario.agents, scenario.enemies
    ours, theirs = (types + shielded(scenario, side) for side in SIDES)
    facing, place = 2 * (scenario.sight == "cone"), 2 * (scenario.starts is not None)
    parts = 4, enemies * (5 + theirs), (agents - 1) * (5 + ours), 1 + ours + facing + place
    return {
        "observation": sum(parts),
        "state": agents * (4 + ours + facing) + enemies * (3 + theirs) + agents * (scenario.plain + enemies),
        **{axis: size for axis, size in zip(OBSERVED, parts, strict=True) if size},
    }


def shielded(scenario: Scenario, side: Side) -> bool:
    """Whether units of a side have shields."""
    return any(UNITS[kind].shield for kind in scenario.units(side))


def _features(scenario: Scenario) -> tuple[Feature, ...]:
    """The feature vector of one unit; empty stretches are left out."""
    kinds = scenario.kinds
    tags = scenario.agents + scenario.enemies
    kind = Feature(name="unit_type", size=len(kinds), kind="one_hot", what=", ".join(kinds))
    facing = Feature(name="facing", size=2, kind="float", of=("agent",), what="x, y of where the agent looks.")
    shield = Feature(name="shield", size=1, kind="float", what="As a fraction of the type's full shield.")
    return (
        Feature(name="tag", size=tags, kind="one_hot", what="Random per episode: enemies' tags first, then allies'."),
        Feature(name="available", size=scenario.actions - 2, kind="bits", of=("agent",),
                what="The ally's available actions without no-op and stop."),
        *((kind,) if len(kinds) > 1 else ()),
        Feature(name="health", size=1, kind="float", what="As a fraction of the type's full health."),
        *((shield,) if scenario.has_shield else ()),
        Feature(name="energy", size=1, kind="float", of=("agent",), what="As a fraction of the type's full energy."),
        Feature(name="cooldown", size=1, kind="float", of=("agent",), what="Of the weapon; may exceed 1."),
        Feature(name="from_centre", size=2, kind="float", what="x, y from the map's centre over the map's size."),
        Feature(name="from_mean", size=2, kind="float",
                what="x, y from the mean of all units over the largest distance from it."),
        *((facing,) if scenario.sight == "cone" else ()),
    )
