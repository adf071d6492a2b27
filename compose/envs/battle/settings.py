"""What a name may change of Battle. No torch here."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Limits

from compose.envs.battle.formation import Cell, drawn, faults, formed
from compose.graph.fields import Model

MOST = 1000
"""Units of an army, at most."""
LONGEST = 100
"""Cells on a side of the grid, at most."""
SIGHT = 3
"""Cells that a unit sees in every direction."""
ACROSS = 2 * SIGHT + 1
Units = Annotated[int, Limits(ge=1, le=MOST)]
Length = Annotated[int, Limits(ge=2, le=LONGEST)]


class Settings(Model):
    """One Battle; the defaults are those of the VAST paper (Phan et al. 2021, section 5.1), as released."""

    agents: Units = 20
    """Agents; the number after the slash in a name."""
    opponents: Units | None = None
    """Opponents; as many as agents, unless given."""
    width: Length | None = None
    """Cells from west to east; twice the rounded-up root of the larger army, unless given."""
    height: Length | None = None
    """Cells from south to north; as many as from west to east, unless given."""
    layout: Annotated[str, BeforeValidator(str)] = ""
    """Who starts where, instead of these four: lines from y = 0 on, joined by +, of A, O and . (``A..O+.A.O``)."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 100
    """Steps after which the episode is truncated."""
    official: bool = False
    """True: health is added up in binary fractions as in the released code, where 1 - 1 may leave 1e-16 and a life."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        if self.layout:
            rows = self.layout.split("+")
            return len(rows[0]), len(rows)
        width = self.width or 2 * math.ceil(math.sqrt(max(self.agents, self.opponents or 0)))
        return width, self.height or width

    @property
    def armies(self) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
        """Where each agent and each opponent starts, as (x, y), line by line."""
        if self.layout:
            return drawn(self.layout, "A"), drawn(self.layout, "O")
        width, height = self.size
        east = formed(self.opponents or self.agents, width, height)
        return formed(self.agents, width, height), tuple(sorted(((width - 1 - x, y) for x, y in east),
                                                                key=lambda cell: cell[::-1]))

    @model_validator(mode="after")
    def _layout_says_all(self) -> Self:
        own = type(self).model_fields
        if self.layout and any(getattr(self, name) != own[name].default
                               for name in ("agents", "opponents", "width", "height")):
            raise ValueError("with a layout, agents, opponents, width and height are its to say")
        if self.layout and (fault := faults(self.layout, MOST, LONGEST)):
            raise ValueError(f"{fault}: '{self.layout[:40]}'")
        return self

    @model_validator(mode="after")
    def _armies_fit(self) -> Self:
        width, height = self.size
        for army in (self.agents, self.opponents or self.agents) if not self.layout else ():
            if army > (width // 2) * height:
                raise ValueError(f"{army} units do not fit into half of {width} x {height} cells, one in each")
        return self
