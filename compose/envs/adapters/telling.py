"""How agents of other APIs are told their actions: numbers of choices, several choices at once, or numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.failing import failed
from compose.graph.schema import EntitySchema

NEAR = 1e-6
"""How far bounds of float32 may be from those that were meant, as a part of them."""


@dataclass(frozen=True, slots=True)
class Told:
    """How an agent is told its action, which is a number from 0 on. One that chooses several things at once
    (``MultiDiscrete``) is told all of them: action n is the n-th combination, the last choice the fastest."""

    start: tuple[int, ...]
    """The number of the first action of each choice."""
    count: int
    """How many actions there are."""
    of: tuple[int, ...] = ()
    """How many actions each choice has; empty: there is one choice, told as a number."""

    def __call__(self, action: Any) -> int | NDArray[np.int64]:
        """What the environment is given."""
        if not self.of:
            return int(action) + self.start[0]
        return np.array(np.unravel_index(int(action), self.of), np.int64) + np.array(self.start, np.int64)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How an agent is told an action that is numbers (``Box``): as they are, in the space's own type and bounds."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    dtype: str

    @property
    def count(self) -> int:
        """How many numbers."""
        return len(self.low)

    def __call__(self, action: NDArray[np.float32]) -> NDArray[Any]:
        """What the environment is given: what would be beyond a bound by rounding is the bound."""
        given = np.asarray(action, self.dtype)
        clipped: NDArray[Any] = np.clip(given, np.array(self.low, self.dtype), np.array(self.high, self.dtype))
        return clipped


Tell = Told | Numbers


def tells(spaces: Sequence[object], names: Sequence[str], where: str) -> list[Tell]:
    """How each agent is told its action.

    Raises:
        SpecError: If an agent's actions are neither ``Discrete`` nor a flat ``MultiDiscrete``, nor a flat ``Box``.
    """
    from gymnasium.spaces import Box, Discrete, MultiDiscrete

    told: list[Tell] = []
    for space, name in zip(spaces, names, strict=True):
        if isinstance(space, Discrete):
            told.append(Told((int(space.start),), int(space.n)))
        elif isinstance(space, MultiDiscrete) and space.nvec.ndim == 1:
            of = tuple(int(n) for n in space.nvec)
            told.append(Told(tuple(int(n) for n in space.start), math.prod(of), of))
        elif isinstance(space, Box) and space.low.ndim == 1 and space.low.size and space.dtype.kind == "f":
            told.append(Numbers(tuple(space.low.tolist()), tuple(space.high.tolist()), space.dtype.name))
        else:
            text = f"the actions of {name} are {space}; only Discrete, flat MultiDiscrete and flat Box can be played"
            raise failed("adapter.actions", where, text)
    return told


def check_actions(told: Sequence[Tell], agents: Sequence[str], schema: EntitySchema) -> None:
    """Are these the schema's actions?

    Raises:
        SpecError: If they are of the other kind, not as many, or if the schema's bounds lie outside theirs.
    """
    most, counts = schema.sizes["part" if schema.continuous else "action"], [one.count for one in told]
    for one, agent in zip(told, agents, strict=True):
        if isinstance(one, Numbers) != schema.continuous:
            kinds = ("numbers", "choices") if schema.continuous else ("choices", f"{one.count} numbers")
            text = f"the schema's actions are {kinds[0]}, but those of {agent} are {kinds[1]}"
            raise failed("adapter.actions", schema.name, text,
                         "" if schema.continuous else "say kind: continuous, with low and high")
    if schema.continuous and set(counts) != {most}:
        text = f"the schema's actions are {most} numbers, but those of the environment's agents are {counts}"
        raise failed("adapter.actions", schema.name, text, "agents that are told fewer numbers cannot be played")
    if max(counts) != most:
        text = f"the schema has {most} actions, but the environment's agents have {counts}"
        raise failed("adapter.actions", schema.name, text)
    groups = [group for group in schema.actions for _ in range(group.count)] if schema.continuous else []
    for one, agent in zip(told, agents, strict=True):
        for group, low, high in zip(groups, one.low, one.high, strict=True) if isinstance(one, Numbers) else ():
            assert group.low is not None
            assert group.high is not None
            if group.low < low - NEAR * abs(low) or group.high > high + NEAR * abs(high):
                text = f"'{group.name}' is from {group.low:g} to {group.high:g}, but {agent} takes {low:g} to {high:g}"
                raise failed("adapter.actions", schema.name, text, "bounds of the schema lie within the environment's")
