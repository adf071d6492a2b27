"""Optimizers: one model for each kind, with the fields it reads. ``g`` is the gradient, after clipping."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Model
from compose.language.moving import Moving, Schedule
from compose.language.quantities import Count
from compose.language.role import Role
from compose.language.values import Name

Decay = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Decay, Decay], Field(strict=False)]


def _step(rate: Moving) -> Moving:
    """A step size is never below 0 where it moves, and not always 0."""
    low, high = rate.range()
    if low < 0 or high == 0:
        text = f"a step size is not below 0, and not always 0; this goes from {low:g} to {high:g}"
        raise PydanticCustomError("step_size", "{text}", {"text": text})
    return rate


LEAST: dict[str, Any] = {"properties": {end: {"minimum": 0} for end in ("from", "to")}}
Rate = Annotated[PositiveFloat | Annotated[Schedule, AfterValidator(_step)], Field(json_schema_extra=LEAST),
                 Role("schedule", whole=("kind",))]
"""A step size, or a schedule that it follows."""


class Stepping(Model):
    """What every kind of optimizer has."""

    noun: ClassVar[str] = "an optimizer"

    kind: Any
    """Which optimizer."""
    lr: Rate = 1e-3
    """Step size, a number or a schedule; one that moves is read before every update."""
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    clip_value: PositiveFloat | None = None
    """The largest size of any one number of a gradient; instead of ``clip``."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""
    steps: Count = 1
    """Steps of one update, each on fresh values of the same batch."""
    each: Name | None = None
    """Steps for one index of this axis after the other, each on fresh values; all weights it trains have the axis in
    front, as an ``each`` of blocks makes them. Every index is clipped by a norm of its own and has its own statistics.
    """
    order: Literal["random", "given"] = "random"
    """With ``each``: in which order, anew at every update or always as the axis has it."""

    @model_validator(mode="after")
    def _clipped_once(self) -> Self:
        if self.clip is not None and self.clip_value is not None:
            text = "'clip' bounds the norm of all gradients, 'clip_value' every number of them; give one of the two"
            raise PydanticCustomError("clipping", "{text}", {"text": text, "hint": "null takes an inherited one away"})
        return self

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.each is None and self.order != "random":
            text = f"'order: {self.order}' is that of the indices of an axis, and no axis is named"
            raise PydanticCustomError("optimizer_order", "{text}", {"text": text, "hint": "such as each: agent"})
        return self


class RMSprop(Stepping):
    """v <- alpha v + (1 - alpha) g^2;  w <- w - lr g / (sqrt(v) + eps)."""

    noun: ClassVar[str] = "rmsprop"

    kind: Literal["rmsprop"]
    """Which optimizer."""
    lr: Rate = 5e-4
    """Step size, a number or a schedule; one that moves is read before every update."""
    alpha: Decay = 0.99
    """Decay of the mean of squared gradients."""
    eps: PositiveFloat = 1e-5
    """Added to the denominator."""
    weight_decay: NonNegativeFloat = 0.0
    """So many times the weights are added to their gradients."""


class Moments(Stepping):
    """Kinds that keep running means of gradients and of their squares."""

    betas: Betas = (0.9, 0.999)
    """Decays of the means of gradients and of squared gradients."""
    eps: PositiveFloat = 1e-8
    """Added to the denominator."""


class Adam(Moments):
    """Adam (Kingma & Ba 2015) with bias correction."""

    noun: ClassVar[str] = "adam"

    kind: Literal["adam"]
    """Which optimizer."""
    weight_decay: NonNegativeFloat = 0.0
    """So many times the weights are added to their gradients."""


class AdamW(Moments):
    """Adam with decay of weights beside the gradient (Loshchilov & Hutter 2019): first w <- (1 - lr weight_decay) w."""

    noun: ClassVar[str] = "adamw"

    kind: Literal["adamw"]
    """Which optimizer."""
    weight_decay: NonNegativeFloat = 0.01
    """How fast weights shrink, times the step size."""


class RAdam(Moments):
    """Rectified Adam (Liu et al. 2020): no denominator until the mean of squares rests on more than 5 steps."""

    noun: ClassVar[str] = "radam"

    kind: Literal["radam"]
    """Which optimizer."""
    weight_decay: NonNegativeFloat = 0.0
    """So many times the weights are added to their gradients."""


class SGD(Stepping):
    """m <- momentum m + g;  w <- w - lr m."""

    noun: ClassVar[str] = "sgd"

    kind: Literal["sgd"]
    """Which optimizer."""
    momentum: Decay = 0.0
    """Of the sum of gradients; 0 for none."""
    weight_decay: NonNegativeFloat = 0.0
    """So many times the weights are added to their gradients."""


Optimizer = Annotated[RMSprop | Adam | AdamW | RAdam | SGD, Field(discriminator="kind")]
