"""Battle as data: instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.battle.settings import ACROSS, MOST, Settings
from compose.envs.numbers import Numbers
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class BattleFamily:
    """The catalogue's entry."""

    summary = "Two armies fight hand to hand on a grid; the agents are one of them, the other follows a rule."
    instances: Mapping[str, Settings] = Numbers(MOST, ("20", "40", "80"), lambda agents: Settings(agents=agents))

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of one battle."""
        width, height = settings.size
        agents, opponents = map(len, settings.armies)
        return EntitySchema(
            name="battle",
            summary=self.summary,
            agents=agents,
            entities=agents + opponents,
            types=(EntityType(name="agent", side="agent", min=agents, max=agents),
                   EntityType(name="opponent", side="other", min=opponents, max=opponents)),
            features=(
                Feature(name="side", size=2, kind="one_hot", what="agent, opponent"),
                Feature(name="health", size=1, kind="float", what="As a fraction of full health."),
                Feature(name="x", size=width, kind="one_hot", what="Cells from the west; the dead have none."),
                Feature(name="y", size=height, kind="one_hot", what="Cells from the south; the dead have none."),
            ),
            actions=(ActionGroup(name="stay", count=1), ActionGroup(name="north", count=1),
                     ActionGroup(name="south", count=1), ActionGroup(name="west", count=1),
                     ActionGroup(name="east", count=1), ActionGroup(name="attack", count=1)),
            limit=settings.limit,
            truncates=True,
            returns=(-(0.1 * agents + 0.5 * opponents) * settings.limit, 1.0 * agents * settings.limit),
            tasks=("battle",),
            axes={"state": 2 * width * height, "observation": 4 * ACROSS**2},
            fields=standard_fields("position", "observation", "state"),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """A batched battle; imports torch."""
        from compose.envs.battle.environment import Battle

        return Battle(schema, settings, device)


FAMILY = BattleFamily()
