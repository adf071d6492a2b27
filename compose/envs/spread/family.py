"""Spread as data: instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.numbers import Numbers
from compose.envs.spread.settings import MOST, Settings
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class SpreadFamily:
    """The catalogue's entry."""

    summary = "Agents on a plane move by any amount, to cover as many landmarks without bumping into each other."
    instances: Mapping[str, Settings] = Numbers(MOST, ("3", "2", "5"), lambda agents: Settings(agents=agents))

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of one plane."""
        agents = settings.agents
        return EntitySchema(
            name="spread",
            summary=self.summary,
            agents=agents,
            entities=2 * agents,
            types=(EntityType(name="agent", side="agent", min=agents, max=agents),
                   EntityType(name="landmark", side="other", min=agents, max=agents)),
            features=(Feature(name="type", size=2, kind="one_hot", what="agent, landmark"),
                      Feature(name="place", size=2, kind="float", what="x, y, from 0 to 1.")),
            actions=(ActionGroup(name="move", count=2, kind="continuous", low=-settings.speed, high=settings.speed),),
            limit=settings.limit,
            truncates=True,
            reward="mean",
            returns=(settings.least * settings.limit, 0.0),
            tasks=("spread",),
            axes={"state": 4 * agents, "observation": 4 * agents},
            fields=standard_fields("position", "observation", "rewards", "state"),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """A batched plane; imports torch."""
        from compose.envs.spread.environment import Spread

        return Spread(schema, settings, device)


FAMILY = SpreadFamily()
