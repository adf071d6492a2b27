"""What a name may change of SMAX. Neither torch nor jax is imported here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Limits

from compose.graph.fields import Model


class Settings(Model):
    """What a name may change."""

    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 100
    """Steps after which the battle is lost."""
    reward: Annotated[float, Limits(gt=0, le=1e9)] = 10.0
    """What SMAX's reward, at most about 2, is multiplied by; 10 makes a win about 20, as in SMAC."""
