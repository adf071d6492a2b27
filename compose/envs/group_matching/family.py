"""Group Matching as data: settings, named instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field as Limits
from pydantic import model_validator

from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class Settings(Model):
    """One Group Matching game; the defaults are those of the REFIL paper (Iqbal et al. 2021, section 4.1)."""

    agents: Annotated[int, Limits(ge=1)] = 8
    cells: Annotated[int, Limits(ge=2)] = 6
    """Cells of the ring."""
    groups: Annotated[int, Limits(ge=1)] = 2
    """Groups; with more than two their members may overlap, and any may be empty."""
    slip: Annotated[float, Limits(ge=0, le=1)] = 0.1
    """Probability that an agent's action is replaced by a uniformly random one of the three."""
    limit: Annotated[int, Limits(ge=1)] = 50
    """Steps after which the episode is truncated."""
    fixed: bool = False
    """True: groups are equal slices of the agents, the same in every episode."""

    @model_validator(mode="after")
    def _equal_slices(self) -> Self:
        if self.fixed and self.agents % self.groups:
            raise ValueError(f"fixed groups are equal slices: {self.agents} agents make no {self.groups} equal groups")
        return self


class GroupMatchingFamily:
    """The catalogue's entry."""

    summary = "Agents on a ring gather by group, each group in a cell of its own choice; groups change every episode."
    instances: Mapping[str, Settings] = {"": Settings(), "small": Settings(agents=5, cells=5, limit=30)}

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of one game; every entity is an agent, present and visible to all."""
        overlap = settings.groups > 2 and not settings.fixed
        return EntitySchema(
            name="group_matching",
            summary=self.summary,
            agents=settings.agents,
            entities=settings.agents,
            types=(EntityType(name="member", side="agent", min=settings.agents, max=settings.agents),),
            features=(
                Feature(name="cell", size=settings.cells, kind="one_hot", what="The cell the agent stands in."),
                Feature(name="group", size=settings.groups, kind="bits" if overlap else "one_hot",
                        what="The groups the agent belongs to."),
                Feature(name="id", size=settings.agents, kind="one_hot", what="The agent's slot."),
            ),
            actions=(ActionGroup(name="back", count=1), ActionGroup(name="stay", count=1),
                     ActionGroup(name="forth", count=1)),
            limit=settings.limit,
            truncates=True,
            tasks=("match",),
            fields=standard_fields("truth_groups"),
        )

    def make(self, schema: EntitySchema, settings: Settings, device: str | torch.device) -> Environment:
        """A batched game; imports torch."""
        from compose.envs.group_matching.environment import GroupMatching

        return GroupMatching(schema, settings, device)


FAMILY = GroupMatchingFamily()
