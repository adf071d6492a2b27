"""Params: numbers, or schedules that move with a clock."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Model
from compose.language.values import Period

Pair = Annotated[tuple[float, float], Field(strict=False)]


class Moving(Model):
    """A number that moves with a clock: from ``from`` to ``to`` over ``over``, then constant."""

    kind: Literal["constant", "linear", "exponential", "cosine", "piecewise"]
    """The curve."""
    from_: float = Field(alias="from", default=0.0)
    """The first value."""
    to: float | None = None
    """The last value, kept from then on."""
    over: Period | None = None
    """How long it moves: a count and a clock, such as ``50000 env_steps``."""
    at: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    """Only piecewise: pairs of (fraction of ``over``, value), joined by straight lines."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Whatever its kind needs is there."""
        needs = NEEDS[self.kind]
        missing = [name for name in needs if not getattr(self, name) and getattr(self, name) != 0]
        if missing:
            text = f"kind: {self.kind} needs '{missing[0]}'"
        elif any(b[0] < a[0] for a, b in pairwise(self.at)):
            text = "points stand in the order of their fractions"
        elif self.kind == "exponential" and self.from_ * (self.to or 0.0) <= 0:
            text = f"an exponential schedule needs two numbers of one sign, not {self.from_:g} and {self.to:g}"
        else:
            return self
        raise PydanticCustomError("schedule", "{text}", {"text": text})

    def range(self) -> tuple[float, float]:
        """The smallest and the largest value it can take."""
        values = [level for _, level in self.points()]
        return min(values), max(values)

    def points(self) -> list[tuple[float, float]]:
        """The points (fraction of ``over``, value) through which it goes; one if it never moves."""
        if self.kind == "constant" or self.over is None:
            return [(0.0, self.from_)]
        end = self.from_ if self.to is None else self.to
        if self.kind != "piecewise":
            return [(0.0, self.from_), (1.0, end)]
        points = list(self.at)
        if not points or points[0][0] > 0:
            points.insert(0, (0.0, self.from_))
        if self.to is not None and points[-1][0] < 1:
            points.append((1.0, end))
        return points


NEEDS: dict[str, tuple[str, ...]] = {"constant": (), "linear": ("to", "over"), "exponential": ("to", "over"),
                                     "cosine": ("to", "over"), "piecewise": ("over",)}
"""Kind -> the fields that it cannot do without."""

Param = float | int | Moving
