"""Group Matching as data: named instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.group_matching.settings import MATCH_REWARD, STEP_COST, Settings
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

class GroupMatchingFamily:
    """The catalogue's entry."""

    summary = "Agents on a ring gather by group, each group in a cell of its own choice; groups change every episode."
    instances: Mapping[str, Settings] = {
        "": Settings(), "small": Settings(agents=5, cells=5, limit=30),
        "tasks": Settings(tasks="3x1+4x2+6x2+6x3", cells=5, limit=30),
    }  # fmt: skip

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema; every entity is an agent, those that take part see all that do."""
        counts = [game.agents for game in settings.games]
        agents, groups = max(counts), max(game.groups for game in settings.games)
        overlap = groups > 2 and not settings.fixed
        return EntitySchema(
            name="group_matching",
            summary=self.summary,
            agents=agents,
            entities=agents,
            fewest_agents=min(counts),
            types=(EntityType(name="member", side="agent", min=min(counts), max=agents),),
            features=(
                Feature(name="cell", size=settings.cells, kind="one_hot", what="The cell the agent stands in."),
                Feature(name="group", size=groups, kind="bits" if overlap else "one_hot",
                        what="The groups the agent belongs to."),
                Feature(name="id", size=agents, kind="one_hot", what="The agent's slot."),
            ),
            actions=(ActionGroup(name="back", count=1), ActionGroup(name="stay", count=1),
                     ActionGroup(name="forth", count=1)),
            limit=settings.limit,
            truncates=True,
            returns=(-STEP_COST * settings.limit - MATCH_REWARD * groups, MATCH_REWARD * groups - STEP_COST),
            tasks=tuple(settings.tasks.split("+")) if settings.tasks else ("match",),
            fields=standard_fields("truth_groups"),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """A batched game; imports torch."""
        from compose.envs.group_matching.environment import GroupMatching

        return GroupMatching(schema, settings, device)


FAMILY = GroupMatchingFamily()
