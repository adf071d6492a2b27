"""What a spec file may say, as frozen Pydantic models. See ``docs/language.md`` for the grammar.

Models check form; what names mean and which axes meet is the graph's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from compose.language.block import AxisName, OneOrMore
from compose.language.nodes import MODIFIERS, Node
from compose.language.values import AxesText, Expr, Name, Period, Ratio
from compose.language.write import write

VERSION = 1
"""The format this package writes; ``compose: 1`` in a file."""

Key = TypeVar("Key")
Item = TypeVar("Item")
Frozen = Annotated[Mapping[Key, Item], AfterValidator(lambda m: MappingProxyType(dict(m)))]
"""A mapping that cannot be changed."""


class Model(BaseModel):
    """Closed (a misspelt key is an error), frozen, strict (``"64"`` and ``true`` are no numbers)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


Pair = Annotated[tuple[float, float], Field(strict=False)]


class Moving(Model):
    """A param whose value moves with a clock: from ``from`` to ``to`` over ``over``, then constant."""

    kind: Literal["constant", "linear", "exponential", "cosine", "piecewise"]
    from_: float = Field(alias="from", default=0.0)
    to: float | None = None
    over: Period | None = None
    at: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    """Only piecewise: pairs of (fraction of ``over``, value), joined by straight lines."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Whatever its kind needs is there."""
        needs = {"constant": (), "piecewise": ("over",)}.get(self.kind, ("to", "over"))
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
        values = [self.from_, self.from_ if self.to is None else self.to, *(v for _, v in self.at)]
        return min(values), max(values)


Param = float | int | Moving


def _unreserved(name: str) -> str:
    if name in MODIFIERS:
        text = f"'{name}' is a setting of every application; give the input another name"
        raise PydanticCustomError("name.reserved", "{text}", {"text": text})
    return name


InputName = Annotated[Name, AfterValidator(_unreserved)]


class Network(Model):
    """A named sub-graph that owns weights and can be applied many times."""

    inputs: Frozen[InputName, AxesText] = Field(default_factory=lambda: MappingProxyType({}))
    """What differs between applications: name -> axes."""
    nodes: Frozen[Name, Node]
    returns: Name | Annotated[Frozen[Name, AxesText], Field(min_length=1)]
    """The node that the bare name of an application means; a mapping also states its axes."""

    @property
    def result(self) -> str:
        """The name of the node that is returned."""
        return self.returns if isinstance(self.returns, str) else next(iter(self.returns))


def _chance(rate: float | Moving) -> float | Moving:
    """A probability, wherever its schedule takes it."""
    points = [rate.from_, rate.to or 0.0, *(y for _, y in rate.at)] if isinstance(rate, Moving) else [rate]
    for point in points:
        if not 0 <= point <= 1:
            text = f"epsilon is a probability, from 0 to 1, not {point:g}"
            raise PydanticCustomError("probability", "{text}", {"text": text})
    return rate


class Act(Model):
    """How actions are chosen. ``values`` are the utilities that decentralised agents act on."""

    choose: Literal["greedy", "epsilon_greedy", "categorical"]
    values: Expr | None = None
    logits: Expr | None = None
    where: Expr | None = None
    epsilon: Annotated[float | Moving, AfterValidator(_chance)] = 0.0
    evaluate: Literal["greedy", "sample"] = "greedy"


class Loss(Model):
    """One term: ``weight`` times the mean of ``of`` over valid batch and time steps.

    Every other axis of ``of`` must be named in ``mean`` (one denominator with batch and time) or in ``sum`` (added up
    last). ``where`` says which elements count, ``env.steps`` unless told.
    """

    of: Expr
    weight: Expr = Expr("1")
    mean: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    sum: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    where: Expr = Expr("env.steps")
    count: Literal["present", "slots", "all"] = "present"
    optimizer: Name | None = None


class RMSprop(Model):
    """v <- alpha v + (1 - alpha) g^2;  w <- w - lr g / (sqrt(v) + eps)."""

    kind: Literal["rmsprop"]
    lr: PositiveFloat = 5e-4
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.99
    eps: PositiveFloat = 1e-5
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""


class Adam(Model):
    """Adam (Kingma & Ba 2015) with bias correction."""

    kind: Literal["adam"]
    lr: PositiveFloat = 1e-3
    betas: Annotated[tuple[float, float], Field(strict=False)] = (0.9, 0.999)
    eps: PositiveFloat = 1e-8
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""


Optimizer = Annotated[RMSprop | Adam, Field(discriminator="kind")]


class ReplaySettings(Model):
    """A ring of whole episodes."""

    episodes: PositiveInt = 5000
    batch: PositiveInt = 32
    start: PositiveInt = 32
    """Episodes held before the first update."""

    @model_validator(mode="after")
    def _roomy(self) -> Self:
        if self.episodes < max(self.batch, self.start):
            text = f"{self.episodes} episodes are fewer than batch ({self.batch}) or start ({self.start})"
            raise PydanticCustomError("replay", "{text}", {"text": text})
        return self


class TargetSettings(Model):
    """How lagged copies follow: a hard copy or Polyak averaging with rate ``tau``."""

    kind: Literal["copy", "polyak"] = "copy"
    every: Period = Period(200, "episodes")
    tau: Annotated[float, Field(gt=0, le=1)] = 1.0


class Learner(Model):
    """How the weights are learned."""

    kind: Literal["replay", "on_policy"]
    environments: PositiveInt = 1
    """Episodes collected in parallel; never changes the update-to-data ratio."""
    updates: Ratio = Ratio(1, 1)
    replay: ReplaySettings = ReplaySettings()
    target: TargetSettings = TargetSettings()
    optimizers: Frozen[Name, Optimizer]


class Igm(Model):
    """Individual-global-max: greedy local actions are greedy for ``joint``."""

    joint: Expr = Expr("q_tot")
    status: Literal["proved", "soft", "none"]


class Claims(Model):
    """What the method expects the proofs to say; a check that comes out otherwise is an error."""

    decentralised: Literal["proved", "refuted"] | None = None
    igm: Literal["proved", "soft", "none"] | Igm | None = None

    @property
    def igm_claim(self) -> Igm | None:
        return Igm(status=self.igm) if isinstance(self.igm, str) else self.igm


class Paper(Model):
    """Where the method was published."""

    title: str
    authors: Annotated[tuple[str, ...], Field(strict=False)] = ()
    venue: str = ""
    year: int | None = None
    where: str = ""


class Spec(Model):
    """One method. Equal specs are equal data; :meth:`identity` is their hash."""

    compose: Literal[1]
    name: Name
    summary: Annotated[str, StringConstraints(min_length=1)]
    paper: Paper | None = None
    abstract: bool = False
    """Misses something a child must add; cannot be checked alone."""
    example_env: str | None = None
    """The environment that `build` uses when none is named."""
    params: Frozen[Name, Param] = Field(default_factory=lambda: MappingProxyType({}))
    axes: Frozen[Name, Expr] = Field(default_factory=lambda: MappingProxyType({}))
    networks: Frozen[Name, Network] = Field(default_factory=lambda: MappingProxyType({}))
    graph: Frozen[Name, Node]
    act: Act
    losses: Frozen[Name, Loss]
    learner: Learner
    claims: Claims = Claims()

    def data(self, *, defaults: bool = False) -> dict[str, Any]:
        """Plain data (what YAML holds); with ``defaults``, also what was left at its default."""
        data: dict[str, Any] = write(self, defaults=defaults)
        return data

    def identity(self) -> str:
        """SHA-256 of the canonical JSON of everything that matters to the result (not of names and prose)."""
        prose = ("name", "summary", "paper", "abstract", "example_env")
        data = canonical({k: v for k, v in self.data(defaults=True).items() if k not in prose})
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Equal numbers as one: 1.0 as 1, -0.0 as 0."""
    if isinstance(value, dict):
        return {name: canonical(member) for name, member in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
