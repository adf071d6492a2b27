"""What every other API is brought to: episodes side by side, each moment told agent by agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.telling import Tell

Actions = NDArray[np.int64] | NDArray[np.float32]
Infos = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Moment:
    """One episode after a reset or a step. Lists have one item for each agent slot."""

    observation: list[Any]
    """As the API gives it; None where the agent got none."""
    info: Infos
    live: list[bool]
    """Whether the agent acts in the next step."""
    reward: list[float] = field(default_factory=list)
    """Of the agents that got one; or the team's one number."""
    rewards: list[float] | None = None
    """One for each slot, zero of those that got none; None where the API gives one number."""
    terminated: list[bool] = field(default_factory=list)
    """Whether the agent truly ended in this step."""
    truncated: list[bool] = field(default_factory=list)
    """Whether the agent was cut off in this step."""
    over: bool = False
    """Whether the episode ended in this step."""
    state: NDArray[np.float32] | None = None
    reached: bool = False
    """Whether the goal was reached in this step, if it is not told by an info."""
    entities: NDArray[np.float32] | None = None
    """(entity feature), where they are not read from observations."""
    visible: NDArray[np.bool_] | None = None
    """(agent entity), with ``entities``."""


class Games(Protocol):
    """Episodes of one environment, side by side."""

    told: list[Tell]
    """How the agent of each slot is told its action."""

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """Begin one episode for each seed."""

    def step(self, action: Actions, running: NDArray[np.bool_]) -> list[Moment | None]:
        """One joint action for the running episodes, None for the others: (batch agent), numbers (batch agent part)."""


class Game(Protocol):
    """One copy of an environment."""

    told: list[Tell]

    def reset(self, seed: int) -> Moment:
        """Begin an episode."""

    def step(self, action: Actions) -> Moment:
        """Take one joint action (agent), of numbers (agent part)."""


class Copies:
    """As many copies of one environment as there are episodes, stepped one after the other.

    Nothing runs in parallel, so a step takes as long as all copies together. Copies are made when they are first needed
    and used again by later episodes.
    """

    def __init__(self, make: Any) -> None:
        self._make = make
        self._copies: list[Game] = [make()]
        self.told = self._copies[0].told

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """See :meth:`Games.reset`."""
        while len(self._copies) < len(seeds):
            self._copies.append(self._make())
        return [copy.reset(seed) for copy, seed in zip(self._copies, seeds, strict=False)]

    def step(self, action: Actions, running: NDArray[np.bool_]) -> list[Moment | None]:
        """See :meth:`Games.step`."""
        return [copy.step(row) if runs else None
                for copy, row, runs in zip(self._copies, action, running, strict=False)]
