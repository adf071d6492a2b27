"""Group Matching as data: settings, named instances and the entity schema. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Limits

from compose.graph.fields import Model
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

STEP_COST = 0.1
MATCH_REWARD = 2.5


class Game(Model):
    """What a task may change."""

    agents: int
    groups: int

    @classmethod
    def read(cls, text: str) -> Game:
        """``6x2``: six agents in two groups."""
        agents, groups = text.split("x")
        return cls(agents=int(agents), groups=int(groups))


class Settings(Model):
    """One Group Matching game; the defaults are those of the REFIL paper (Iqbal et al. 2021, section 4.1)."""

    agents: Annotated[int, Limits(ge=1, le=1_000_000)] = 8
    """Agents, all on one ring."""
    cells: Annotated[int, Limits(ge=2, le=1_000_000)] = 6
    """Cells of the ring."""
    groups: Annotated[int, Limits(ge=1, le=1_000_000)] = 2
    """Groups; with more than two their members may overlap, and any may be empty."""
    slip: Annotated[float, Limits(ge=0, le=1)] = 0.1
    """Probability that an agent's action is replaced by a uniformly random one of the three."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 50
    """Steps after which the episode is truncated."""
    fixed: bool = False
    """True: groups are equal slices of the agents, the same in every episode."""
    tasks: Annotated[str, BeforeValidator(str)] = ""
    """Several games instead of one, as agents x groups, joined by +: ``4x2+6x2+8x3``. Every episode draws one."""

    @property
    def games(self) -> tuple[Game, ...]:
        """The game of each task."""
        if not self.tasks:
            return (Game(agents=self.agents, groups=self.groups),)
        return tuple(map(Game.read, self.tasks.split("+")))

    @model_validator(mode="after")
    def _tasks_are_games(self) -> Self:
        if self.tasks and not re.fullmatch(r"([1-9]\d{0,2}x[1-9]\d{0,2}(\+|$))+(?<!\+)", self.tasks):
            raise ValueError(f"tasks are agents x groups joined by +, such as 4x2+6x3, got '{self.tasks}'")
        if self.tasks and (self.agents, self.groups) != (Settings.model_fields["agents"].default,
                                                         Settings.model_fields["groups"].default):  # fmt: skip
            raise ValueError("with tasks, agents and groups are theirs to say")
        if len(set(self.games)) < len(self.games):
            raise ValueError(f"a task is given twice: '{self.tasks}'")
        return self

    @model_validator(mode="after")
    def _equal_slices(self) -> Self:
        for game in self.games:
            if self.fixed and game.agents % game.groups:
                uneven = f"{game.agents} agents make no {game.groups} equal groups"
                raise ValueError(f"fixed groups are equal slices: {uneven}")
        return self


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
