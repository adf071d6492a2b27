"""What a spec file may say, as frozen Pydantic models. See ``docs/language.md`` for the grammar.

Models check form; what names mean and which axes meet is the graph's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
)

from compose.language.block import AxisName, OneOrMore
from compose.language.nodes import Node
from compose.language.values import AxesText, Expr, Name, Period, Ratio

VERSION = 1
"""The format this package writes; ``compose: 1`` in a file."""

Key = TypeVar("Key")
Item = TypeVar("Item")
Frozen = Annotated[
    Mapping[Key, Item],
    AfterValidator(lambda m: MappingProxyType(dict(m))),
    PlainSerializer(dict, return_type=dict[Any, Any]),
]
"""A mapping that cannot be changed."""


class Model(BaseModel):
    """Closed (a misspelt key is an error), frozen, strict (``"64"`` and ``true`` are no numbers)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Moving(Model):
    """A param whose value moves with a clock: from ``from`` to ``to`` over ``over``, then constant."""

    kind: Literal["constant", "linear", "exponential", "cosine", "piecewise"]
    from_: float = Field(alias="from", default=0.0)
    to: float | None = None
    over: Period | None = None
    at: tuple[tuple[float, float], ...] = ()
    """Only piecewise: pairs of (fraction of ``over``, value), joined by straight lines."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    def range(self) -> tuple[float, float]:
        """The smallest and the largest value it can take."""
        values = [self.from_, self.from_ if self.to is None else self.to, *(v for _, v in self.at)]
        return min(values), max(values)


Param = float | int | Moving


class Network(Model):
    """A named sub-graph that owns weights and can be applied many times."""

    inputs: Frozen[Name, AxesText] = Field(default_factory=lambda: MappingProxyType({}))
    """What differs between applications: name -> axes."""
    nodes: Frozen[Name, Node]
    returns: Name | Frozen[Name, AxesText]
    """The node that the bare name of an application means; a mapping also states its axes."""

    @property
    def result(self) -> str:
        """The name of the node that is returned."""
        return self.returns if isinstance(self.returns, str) else next(iter(self.returns))


class Act(Model):
    """How actions are chosen. ``values`` are the utilities that decentralised agents act on."""

    choose: Literal["greedy", "epsilon_greedy", "categorical"]
    values: Expr | None = None
    logits: Expr | None = None
    where: Expr | None = None
    epsilon: float | Moving = 0.0
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
    replay: ReplaySettings | None = None
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
        dumped = self.model_dump(exclude_defaults=not defaults, exclude_none=not defaults)
        return {name: plain(value) for name, value in dumped.items()}

    def identity(self) -> str:
        """SHA-256 of the canonical JSON of everything that matters to the result (not of names and prose)."""
        prose = ("name", "summary", "paper", "abstract", "example_env")
        data = {k: v for k, v in self.data(defaults=True).items() if k not in prose}
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Tuples as lists, one-element lists as they are: what a YAML reader would give back."""
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value
