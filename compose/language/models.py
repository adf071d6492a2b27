"""What a spec file may say, as frozen Pydantic models. See ``docs/language.md`` for the grammar.

Models check form; what names mean and which axes meet is the graph's business.
"""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Frozen, Model
from compose.language.block import AxisName, OneOrMore
from compose.language.moving import Moving, Param
from compose.language.nodes import MODIFIERS, Node
from compose.language.values import AxesText, Expr, Label, Name, Period, Prose, Ratio
from compose.language.write import write

VERSION = 1
"""The format this package writes; ``compose: 1`` in a file."""


def _unreserved(name: str) -> str:
    if name in MODIFIERS:
        text = f"'{name}' is a setting of every application; give the input another name"
        raise PydanticCustomError("name.reserved", "{text}", {"text": text})
    return name


InputName = Annotated[Name, AfterValidator(_unreserved), Field(json_schema_extra={"not": {"enum": [*MODIFIERS]}})]


class Network(Model):
    """A named sub-graph that owns weights and can be applied many times."""

    inputs: Frozen[InputName, AxesText] = Field(default_factory=lambda: MappingProxyType({}))
    """What differs between applications: name -> axes."""
    nodes: Frozen[Name, Node]
    """Its body: name -> expression, block or application."""
    returns: Name | Annotated[Frozen[Name, AxesText], Field(min_length=1)]
    """The node that the bare name of an application means; a mapping also states its axes."""

    @property
    def result(self) -> str:
        """The name of the node that is returned."""
        return self.returns if isinstance(self.returns, str) else next(iter(self.returns))


CHANCE: dict[str, Any] = {"minimum": 0, "maximum": 1}
"""Limits of a probability in a JSON Schema, and of where its schedule takes it."""
CHANCE["properties"] = {"from": {**CHANCE}, "to": {**CHANCE}}


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
    """The best of ``values``; the same, but at random with chance ``epsilon``; or drawn from softmax of ``logits``."""
    values: Expr | None = None
    """The agents' action values [batch time agent action]."""
    logits: Expr | None = None
    """Only categorical: logits of the actions [batch time agent action]."""
    where: Expr | None = None
    """Which actions may be chosen, usually ``env.available``; all if left out."""
    epsilon: Annotated[float | Moving, AfterValidator(_chance), Field(json_schema_extra=CHANCE)] = 0.0
    """Only epsilon_greedy: the chance of a random action."""
    evaluate: Literal["greedy", "sample"] = "greedy"
    """Only categorical: how actions are chosen when the policy is evaluated."""


class Loss(Model):
    """One term: ``weight`` times the mean of ``of`` over valid batch and time steps.

    Every other axis of ``of`` must be named in ``mean`` (one denominator with batch and time) or in ``sum`` (added up
    last). ``where`` says which elements count, ``env.steps`` unless told.
    """

    of: Expr
    """What is minimised."""
    weight: Expr = Expr("1")
    """One number, made of params, that is never negative."""
    mean: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    """Axes that are averaged, with one denominator for them, batch and time."""
    sum: Annotated[tuple[AxisName, ...], OneOrMore] = ()
    """Axes that are added up last."""
    where: Expr = Expr("env.steps")
    """A mask of the elements that count."""
    count: Literal["present", "slots", "all"] = "present"
    """What counts: rows that are present; all slots, absent rows as zeros; all rows with their content."""
    optimizer: Name | None = None
    """The optimizer that this loss trains; may be left out where there is one only."""


class RMSprop(Model):
    """v <- alpha v + (1 - alpha) g^2;  w <- w - lr g / (sqrt(v) + eps)."""

    kind: Literal["rmsprop"]
    """Which optimizer."""
    lr: PositiveFloat = 5e-4
    """Step size."""
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay of the mean of squared gradients."""
    eps: PositiveFloat = 1e-5
    """Added to the denominator."""
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""


class Adam(Model):
    """Adam (Kingma & Ba 2015) with bias correction."""

    kind: Literal["adam"]
    """Which optimizer."""
    lr: PositiveFloat = 1e-3
    """Step size."""
    betas: Annotated[tuple[float, float], Field(strict=False)] = (0.9, 0.999)
    """Decays of the means of gradients and of squared gradients."""
    eps: PositiveFloat = 1e-8
    """Added to the denominator."""
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""


Optimizer = Annotated[RMSprop | Adam, Field(discriminator="kind")]


class ReplaySettings(Model):
    """A ring of whole episodes."""

    episodes: PositiveInt = 5000
    """How many are kept; the oldest goes first."""
    batch: PositiveInt = 32
    """Episodes in an update."""
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
    """A hard copy, or a step of size ``tau`` towards the weights."""
    every: Period = Period(200, "episodes")
    """How often, such as ``200 episodes`` or ``1 updates``."""
    tau: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Only polyak: lagged <- lagged + tau (weights - lagged)."""


class Learner(Model):
    """How the weights are learned."""

    kind: Literal["replay", "on_policy"]
    """Learns from a replay buffer, or from what the present policy has just done."""
    environments: PositiveInt = 1
    """Episodes collected in parallel; never changes the update-to-data ratio."""
    updates: Ratio = Ratio(1, 1)
    """Gradient updates for collected episodes, such as ``1 per episode``."""
    replay: ReplaySettings = ReplaySettings()
    """What is kept, and how it is drawn."""
    target: TargetSettings = TargetSettings()
    """How the lagged copies of weights follow."""
    optimizers: Frozen[Name, Optimizer]
    """Name -> optimizer; each trains the weights that its losses reach."""

    @property
    def batch(self) -> int:
        """Episodes that one update learns from."""
        return self.replay.batch if self.kind == "replay" else self.updates.episodes

    @property
    def kept(self) -> int:
        """Episodes that are stored."""
        return self.replay.episodes if self.kind == "replay" else self.updates.episodes


class Igm(Model):
    """Individual-global-max: greedy local actions are greedy for ``joint``."""

    joint: Expr = Expr("q_tot")
    """The joint action value."""
    utilities: Expr | None = None
    """In which agents are greedy; what they act on unless told."""
    status: Literal["proved", "soft", "none"]
    """Expected to be proved, held by losses only, or not claimed."""


class Claims(Model):
    """What the method expects the proofs to say; a check that comes out otherwise is an error."""

    decentralised: Literal["proved", "refuted"] | None = None
    """Agents act on nothing but what each of them may see."""
    igm: Literal["proved", "soft", "none"] | Igm | None = None
    """Greedy for every agent is greedy for the joint value (``q_tot`` unless told)."""

    @property
    def igm_claim(self) -> Igm | None:
        return Igm(status=self.igm) if isinstance(self.igm, str) else self.igm


class Paper(Model):
    """Where the method was published."""

    title: Prose
    """Title of the paper."""
    authors: Annotated[tuple[Prose, ...], Field(strict=False)] = ()
    """Family names."""
    venue: Prose = ""
    """Conference or journal."""
    year: int | None = None
    """Year of publication."""
    where: Prose = ""
    """Equations or sections that the spec follows."""


class Spec(Model):
    """One method. Equal specs are equal data; :meth:`identity` is their hash."""

    compose: Literal[1]
    """Version of the language."""
    name: Name
    """Name of the method."""
    summary: Annotated[Prose, StringConstraints(min_length=1)]
    """One sentence: what the method is."""
    paper: Paper | None = None
    """Where the method was published."""
    abstract: bool = False
    """Misses something a child must add; cannot be checked alone."""
    example_env: Label | None = None
    """The environment that `build` uses when none is named."""
    params: Frozen[Name, Param] = Field(default_factory=lambda: MappingProxyType({}))
    """Named numbers, constant or moving with a clock; they size axes and stand in expressions."""
    axes: Frozen[Name, Expr] = Field(default_factory=lambda: MappingProxyType({}))
    """Axes of the spec's own: name -> size, made of numbers, params and axes."""
    networks: Frozen[Name, Network] = Field(default_factory=lambda: MappingProxyType({}))
    """Named sub-graphs that own weights."""
    graph: Frozen[Name, Node]
    """Name -> expression, block, or application of a network; the order does not matter."""
    act: Act
    """How actions are chosen."""
    losses: Frozen[Name, Loss]
    """What is minimised: name -> term."""
    learner: Learner
    """How the weights are learned."""
    log: Frozen[Name, Expr] = Field(default_factory=lambda: MappingProxyType({}))
    """Values that a training writes down: name -> [batch] or [batch time]; nothing is learned from them."""
    claims: Claims = Claims()
    """What the proofs are expected to say."""

    def data(self, *, defaults: bool = False) -> dict[str, Any]:
        """Plain data (what YAML holds); with ``defaults``, also what was left at its default."""
        data: dict[str, Any] = write(self, defaults=defaults)
        return data

    def canonical_json(self) -> str:
        """All that matters to the result (not names, prose and what is logged) as one text: sorted, defaults filled, no
        blanks."""
        prose = ("name", "summary", "paper", "abstract", "example_env", "log")
        data = canonical({k: v for k, v in self.data(defaults=True).items() if k not in prose})
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    def identity(self) -> str:
        """SHA-256 of :meth:`canonical_json`: equal for specs that mean the same."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Equal numbers as one: 1.0 as 1, -0.0 as 0."""
    if isinstance(value, dict):
        return {name: canonical(member) for name, member in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
