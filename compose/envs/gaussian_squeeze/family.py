"""Gaussian Squeeze as data: instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.gaussian_squeeze.settings import MOST, Settings
from compose.envs.numbers import Numbers
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, constant_field, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

class GaussianSqueezeFamily:
    """The catalogue's entry."""

    summary = "Each of N agents allocates 0 to 9 units, once; the reward is a bell over their sum."
    instances: Mapping[str, Settings] = Numbers(MOST, ("200", "400", "800"), lambda agents: Settings(agents=agents))

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of one game. What an agent observes, its own number, never changes, and nor does the state."""
        agents = settings.agents
        return EntitySchema(
            name="gaussian_squeeze",
            summary=self.summary,
            agents=agents,
            entities=agents,
            types=(EntityType(name="allocator", side="agent", min=agents, max=agents),),
            features=(Feature(name="id", size=agents, kind="one_hot", what="The agent's slot."),),
            actions=(ActionGroup(name="allocate", count=settings.units),),
            limit=1,
            truncates=False,
            returns=(0.0, settings.most),
            tasks=("squeeze",),
            axes={"state": agents, "observation": agents},
            fields=standard_fields(
                "agent_id",
                observation=constant_field("observation", "The agent's one-hot number; it never changes."),
                state=constant_field("state", "Zeros: there is nothing to know."),
            ),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """A batched game; imports torch."""
        from compose.envs.gaussian_squeeze.environment import GaussianSqueeze

        return GaussianSqueeze(schema, settings, device)


FAMILY = GaussianSqueezeFamily()
