"""What a name may change of Warehouse. No torch here."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Limits

from compose.envs.warehouse.floor import PLANS, Floor
from compose.graph.fields import Model

MOST = 1000
"""Robots, at most."""
SIGHT = 2
"""Cells that a robot sees in every direction."""
ACROSS = 2 * SIGHT + 1
CHANNELS = 30
"""Of the state; the last half is always zero."""
ORDER = 5
"""Items in an order."""


class Settings(Model):
    """One Warehouse; the defaults are those of the VAST paper (Phan et al. 2021, section 5.1), as released."""

    agents: Annotated[int, Limits(ge=1, le=MOST)] = 4
    """Robots; several may begin on one station."""
    plan: Annotated[str, BeforeValidator(str)] = PLANS["4"]
    """The floor: lines from y = 0 on, joined by +, of x (wall), . (corridor), S (station) and 2 to 5 (takes items)."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 50
    """Steps after which the episode is truncated."""
    official: bool = False
    """True: as the released code has it, on the plan of Warehouse-8 one way to a station is missing."""

    @property
    def floor(self) -> Floor:
        """The plan as cells."""
        return Floor.read(self.plan)

    @model_validator(mode="after")
    def _plan_is_a_floor(self) -> Self:
        if fault := Floor.fault(self.plan):
            raise ValueError(f"{fault}: '{self.plan[:40]}'")
        return self
