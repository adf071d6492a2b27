"""What a name may change of Group Matching, and what its rewards are. No torch here."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Limits

from compose.graph.fields import Model

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
