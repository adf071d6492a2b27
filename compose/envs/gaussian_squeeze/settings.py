"""What a name may change of Gaussian Squeeze. No torch here."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field as Limits

from compose.graph.fields import Model

MOST = 10_000
"""Agents in a name, at most."""


class Settings(Model):
    """One Gaussian Squeeze; the defaults are those of the VAST paper (Phan et al. 2021, section 5.1)."""

    agents: Annotated[int, Limits(ge=1, le=MOST)] = 200
    """Agents; the number after the slash in a name."""
    units: Annotated[int, Limits(ge=2, le=1_000_000)] = 10
    """Actions: an agent allocates 0 .. units - 1."""
    mu: Annotated[float, Limits(ge=-1e9, le=1e9)] = 400.0
    """The sum at which the bell is highest."""
    sigma: Annotated[float, Limits(ge=1e-6, le=1e9)] = 200.0
    """The width of the bell."""

    @property
    def most(self) -> float:
        """The highest reward at any sum, where ``2 s (s - mu) = sigma^2``."""
        best = (self.mu + math.hypot(self.mu, math.sqrt(2) * self.sigma)) / 2
        return best * math.exp(-(((best - self.mu) / self.sigma) ** 2))
