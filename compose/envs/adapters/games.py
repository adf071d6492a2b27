"""What every other API is brought to: episodes side by side, each moment told agent by agent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from compose.language.diagnostics import Diagnostic, SpecError

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

    actions: list[int]
    """How many actions each agent slot has."""

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """Begin one episode for each seed."""

    def step(self, action: NDArray[np.int64], running: NDArray[np.bool_]) -> list[Moment | None]:
        """One joint action (batch agent) for the running episodes; None for the others."""


class Game(Protocol):
    """One copy of an environment."""

    actions: list[int]

    def reset(self, seed: int) -> Moment:
        """Begin an episode."""

    def step(self, action: NDArray[np.int64]) -> Moment:
        """Take one joint action (agent)."""


class Copies:
    """As many copies of one environment as there are episodes, stepped one after the other.

    Nothing runs in parallel, so a step takes as long as all copies together. Copies are made when they are first needed
    and used again by later episodes.
    """

    def __init__(self, make: Any) -> None:
        self._make = make
        self._copies: list[Game] = [make()]
        self.actions = self._copies[0].actions

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """See :meth:`Games.reset`."""
        while len(self._copies) < len(seeds):
            self._copies.append(self._make())
        return [copy.reset(seed) for copy, seed in zip(self._copies, seeds, strict=False)]

    def step(self, action: NDArray[np.int64], running: NDArray[np.bool_]) -> list[Moment | None]:
        """See :meth:`Games.step`."""
        return [copy.step(row) if runs else None
                for copy, row, runs in zip(self._copies, action, running, strict=False)]


@dataclass(frozen=True, slots=True)
class Told:
    """How an agent is told its action, which is a number from 0 on. One that chooses several things at once
    (``MultiDiscrete``) is told all of them: action n is the n-th combination, the last choice the fastest."""

    start: tuple[int, ...]
    """The number of the first action of each choice."""
    of: tuple[int, ...] = ()
    """How many actions each choice has; empty: there is one choice, told as a number."""

    def __call__(self, action: int) -> int | NDArray[np.int64]:
        """What the environment is given."""
        if not self.of:
            return int(action) + self.start[0]
        return np.array(np.unravel_index(int(action), self.of), np.int64) + np.array(self.start, np.int64)


def sizes(spaces: Sequence[object], names: Sequence[str], where: str) -> tuple[list[int], list[Told]]:
    """How many actions each agent has, and how it is told which.

    Raises:
        SpecError: If an agent's actions are neither ``Discrete`` nor a flat ``MultiDiscrete``.
    """
    from gymnasium.spaces import Discrete, MultiDiscrete

    counts, told = [], []
    for space, name in zip(spaces, names, strict=True):
        if isinstance(space, Discrete):
            counts.append(int(space.n))
            told.append(Told((int(space.start),)))
        elif isinstance(space, MultiDiscrete) and space.nvec.ndim == 1:
            of = tuple(int(n) for n in space.nvec)
            counts.append(math.prod(of))
            told.append(Told(tuple(int(n) for n in space.start), of))
        else:
            text = f"the actions of {name} are {space}; only Discrete and flat MultiDiscrete ones can be played"
            raise failed("adapter.actions", where, text)
    return counts, told


def failed(code: str, where: str, message: str, hint: str = "") -> SpecError:
    """The error of an environment that does not do what its file says."""
    return SpecError(Diagnostic(code, message, where=where, hint=hint))
