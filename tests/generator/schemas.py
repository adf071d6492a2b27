"""Small environments of several kinds, as data: what generated specs are typed against."""

from __future__ import annotations

from compose.graph.fields import KNOWN_FIELDS, Field
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

OPTIONAL = [name for name in KNOWN_FIELDS if name not in standard_fields() and name != "rewards"]
OWN = {
    "threat": Field(axes=("batch", "time", "entity"), dtype="float", scope="row", what="How dangerous each one is."),
    "cost": Field(axes=("batch", "time", "agent", "action"), dtype="float", scope="local", what="Of every action."),
    "weather": Field(axes=("batch", "time"), dtype="float", scope="public", what="Known to all."),
    "secret": Field(axes=("batch",), dtype="float", scope="global", what="Known to nobody."),
}


def schema(
    agents: int, others: int, *, actions: tuple[ActionGroup, ...], limit: int = 3, full: bool = False, own: bool = True
) -> EntitySchema:
    """``full``: no slot is ever empty."""
    kinds = [EntityType(name="walker", side="agent", min=agents if full else 0, max=agents)]
    kinds += [EntityType(name="rock", side="other", min=others if full else 0, max=others)] if others else []
    return EntitySchema(
        name="generated", summary="made-up episodes", agents=agents, entities=agents + others,
        fewest_agents=agents if full else 1, fewest_others=others if full else 0, types=tuple(kinds),
        features=(Feature(name="all", size=2, kind="float"),), actions=actions, limit=limit, truncates=True,
        tasks=("one", "two"), axes={"state": 3, "observation": 2},
        fields=standard_fields(*OPTIONAL, **(OWN if own else {})),
    )  # fmt: skip


PLAIN = (ActionGroup(name="move", count=3),)
AIMED = (ActionGroup(name="wait", count=1), ActionGroup(name="at", count=2, targets="other"))
SCHEMAS = [
    schema(2, 2, actions=PLAIN),
    schema(3, 1, actions=PLAIN),
    schema(3, 2, actions=PLAIN),
    schema(2, 2, actions=AIMED),
    schema(2, 2, actions=PLAIN, full=True),
    schema(3, 3, actions=PLAIN),
]
