"""A small entity schema with every optional field, for tests of specs."""

from __future__ import annotations

from compose.graph.fields import KNOWN_FIELDS
from compose.graph.schema import OBSERVED, ActionGroup, EntitySchema, EntityType, Feature, standard_fields


def small_schema(agents: int = 3, others: int = 2, *, limit: int = 6) -> EntitySchema:
    """All sizes but those of the slots are fixed, so that the same weights fit schemas with more slots; an observation
    has five numbers for the agent, for each of two foes, and for every other agent."""
    actions = (ActionGroup(name="move", count=4), ActionGroup(name="hold", count=2), ActionGroup(name="aim", count=2))
    parts = {axis: n for axis, n in zip(OBSERVED, (4, 10, 5 * (agents - 1), 1), strict=True) if n}
    optional = [n for n in KNOWN_FIELDS if n not in standard_fields()]
    kinds = [EntityType(name="walker", side="agent", min=0, max=agents)]
    kinds += [EntityType(name="rock", side="other", min=0, max=others)] if others else []
    return EntitySchema(
        name="small", summary="made-up episodes", agents=agents, entities=agents + others, fewest_agents=1,
        fewest_others=0, types=tuple(kinds), features=(Feature(name="all", size=5, kind="float"),),
        actions=actions, limit=limit, truncates=True, axes={"state": 7, "observation": sum(parts.values()), **parts},
        fields=standard_fields(*optional),
    )  # fmt: skip
