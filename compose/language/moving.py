"""Params: numbers, or schedules that move with a clock."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Model
from compose.language.values import Period

Fraction = Annotated[float, Field(ge=0, le=1)]
Pair = Annotated[tuple[Fraction, float], Field(strict=False)]


class Moving(Model):
    """A number that moves with a clock, then stays; each kind of curve has the fields that it reads."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)
    noun: ClassVar[str] = "a schedule"

    def range(self) -> tuple[float, float]:
        """The smallest and the largest value it can take."""
        values = [level for _, level in self.points()]
        return min(values), max(values)

    def points(self) -> list[tuple[float, float]]:
        """The points (fraction of ``over``, value) through which it goes; one if it never moves."""
        raise NotImplementedError

    @classmethod
    def refuse(cls, text: str) -> PydanticCustomError:
        return PydanticCustomError("schedule", "{text}", {"text": text})


class Constant(Moving):
    """A number that stays as it is."""

    kind: Literal["constant"]
    """It does not move."""
    from_: float = Field(alias="from")
    """The value."""

    def points(self) -> list[tuple[float, float]]:
        return [(0.0, self.from_)]


class Curve(Moving):
    """A number that moves with a clock: from ``from`` to ``to`` over ``over``, then constant."""

    kind: Literal["linear", "exponential", "cosine"]
    """The curve."""
    from_: float = Field(alias="from", default=0.0)
    """The first value."""
    to: float
    """The last value, kept from then on."""
    over: Period
    """How long it moves: a count and a clock, such as ``50000 env_steps``."""

    @model_validator(mode="after")
    def _of_one_sign(self) -> Self:
        if self.kind == "exponential" and self.from_ * self.to <= 0:
            raise self.refuse("an exponential schedule needs two numbers of one sign, "
                              f"not {self.from_:g} and {self.to:g}")
        return self

    def points(self) -> list[tuple[float, float]]:
        return [(0.0, self.from_), (1.0, self.to)]


class Piecewise(Moving):
    """A number that moves along straight lines through points, then stays."""

    kind: Literal["piecewise"]
    """Lines through points."""
    from_: float | None = Field(alias="from", default=None)
    """The value at 0, unless ``at`` has a point there."""
    to: float | None = None
    """The value at 1, unless ``at`` has a point there; that of the last point if left out."""
    over: Period
    """How long it moves: a count and a clock, such as ``50000 env_steps``."""
    at: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    """Pairs of (fraction of ``over``, value), joined by straight lines."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(b[0] < a[0] for a, b in pairwise(self.at)):
            raise self.refuse("points stand in the order of their fractions")
        for name, value, fraction, ends in (("from", self.from_, 0.0, self.at[:1]), ("to", self.to, 1.0, self.at[-1:])):
            told = any(point[0] == fraction for point in ends)
            if told and value is not None:
                raise self.refuse(f"'{name}' and a point at {fraction:g} say the same thing twice; leave one out")
            if name == "from" and not told and value is None:
                raise self.refuse("it begins nowhere: give 'from', or a point at 0")
        return self

    def points(self) -> list[tuple[float, float]]:
        first = [] if self.from_ is None else [(0.0, self.from_)]
        return [*first, *self.at, *([] if self.to is None else [(1.0, self.to)])]


Schedule = Annotated[Constant | Curve | Piecewise, Field(discriminator="kind")]

Param = float | int | Schedule
