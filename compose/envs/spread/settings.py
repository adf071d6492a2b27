"""What a name may change of Spread. No torch here."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field as Limits

from compose.graph.fields import Model

MOST = 64
"""Agents in a name, at most."""


class Settings(Model):
    """One plane; lengths are fractions of its side."""

    agents: Annotated[int, Limits(ge=1, le=MOST)] = 3
    """Agents, and as many landmarks; the number after the slash in a name."""
    limit: Annotated[int, Limits(ge=1, le=10_000)] = 25
    """Steps of an episode."""
    speed: Annotated[float, Limits(gt=0, le=1)] = 0.1
    """The most that an agent moves along x, and along y, in one step."""
    near: Annotated[float, Limits(gt=0, le=1)] = 0.1
    """A landmark is covered where an agent is as near; agents that are nearer to each other bump."""
    bump: Annotated[float, Limits(ge=0, le=10)] = 0.25
    """What an agent pays for every other one that it bumps into."""

    @property
    def least(self) -> float:
        """The least reward of a step."""
        return -math.sqrt(2) - self.bump * (self.agents - 1)
