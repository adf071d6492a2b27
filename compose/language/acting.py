"""How actions are chosen: one model for each way, with the fields that it reads."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from compose.language.base import Model
from compose.language.moving import Moving, Schedule
from compose.language.role import Role
from compose.language.values import Expr

CHANCE: dict[str, Any] = {"minimum": 0, "maximum": 1}
"""Limits of a probability in a JSON Schema, and of where its schedule takes it."""
CHANCE["properties"] = {"from": {**CHANCE}, "to": {**CHANCE}}


def _chance(rate: float | Moving) -> float | Moving:
    """A probability, wherever its schedule takes it."""
    for point in rate.range() if isinstance(rate, Moving) else (rate,):
        if not 0 <= point <= 1:
            text = f"epsilon is a probability, from 0 to 1, not {point:g}"
            raise PydanticCustomError("probability", "{text}", {"text": text})
    return rate


class Act(Model):
    """How actions are chosen."""

    noun: ClassVar[str] = "act"
    source: ClassVar[Literal["values", "logits", "mean"]] = "values"
    """The field that holds what is chosen from."""
    over: ClassVar[Literal["action", "part"]] = "action"
    """The last axis of what is chosen from: actions to choose among, or the numbers that an action is made of."""
    sampled: ClassVar[bool] = False
    """Is the policy that learns a random one?"""
    squashed: ClassVar[bool] = False
    """Is an action the tanh of what is drawn?"""

    @property
    def scores(self) -> Expr:
        """What is chosen from [batch time agent action], or the mean [batch time agent part]."""
        found: Expr = getattr(self, self.source)
        return found

    @property
    def wires(self) -> dict[str, Expr]:
        """All that it reads, by field."""
        given = {name: getattr(self, name, None) for name in (self.source, "variance", "where")}
        return {name: expr for name, expr in given.items() if expr is not None}

    @property
    def exploration(self) -> float | Schedule | None:
        """The chance of a random action while episodes are collected; None of a policy that is random anyway."""
        return None if self.sampled else 0.0

    @property
    def sampled_in_evaluation(self) -> bool:
        """Are actions drawn when the policy is evaluated, too?"""
        return getattr(self, "evaluate", "greedy") == "sample"


class Greedy(Act):
    """Always the best of ``values``, the utilities that decentralised agents act on."""

    choose: Literal["greedy"]
    """How."""
    values: Expr
    """The agents' action values [batch time agent action]."""
    where: Expr | None = None
    """Which actions may be chosen, usually ``env.available``; all if left out."""


class EpsilonGreedy(Act):
    """The best of ``values``, but at random with chance ``epsilon``; greedily when the policy is evaluated."""

    choose: Literal["epsilon_greedy"]
    """How."""
    values: Expr
    """The agents' action values [batch time agent action]."""
    where: Expr | None = None
    """Which actions may be chosen, usually ``env.available``; all if left out."""
    epsilon: Annotated[float | Schedule, AfterValidator(_chance), Field(json_schema_extra=CHANCE),
                       Role("schedule", whole=("kind",))]
    """The chance of a random action."""

    @property
    def exploration(self) -> float | Schedule | None:
        return self.epsilon


class Categorical(Act):
    """Drawn from the softmax of ``logits``."""

    source: ClassVar[Literal["values", "logits", "mean"]] = "logits"
    sampled: ClassVar[bool] = True

    choose: Literal["categorical"]
    """How."""
    logits: Expr
    """Logits of the actions [batch time agent action]."""
    where: Expr | None = None
    """Which actions may be chosen, usually ``env.available``; all if left out."""
    evaluate: Literal["greedy", "sample"] = "greedy"
    """How actions are chosen when the policy is evaluated."""


class Numbers(Act):
    """Actions of numbers, each drawn from a normal distribution."""

    source: ClassVar[Literal["values", "logits", "mean"]] = "mean"
    over: ClassVar[Literal["action", "part"]] = "part"
    sampled: ClassVar[bool] = True

    mean: Expr
    """The mean [batch time agent part]."""
    variance: Expr
    """The variance, not the deviation [batch time agent part]; it may be the same for all agents and steps."""
    evaluate: Literal["greedy", "sample"] = "greedy"
    """How actions are chosen when the policy is evaluated; greedily it is the mean."""


class Gaussian(Numbers):
    """Actions of numbers: each drawn from a normal distribution, ``mean + sqrt(variance) n``. Of a number -1 and 1 are
    the environment's bounds; what is beyond is played as the bound."""

    choose: Literal["gaussian"]
    """How."""


class SquashedGaussian(Numbers):
    """As by ``gaussian``, but the action is the tanh of what is drawn (or of the mean), so always within bounds."""

    squashed: ClassVar[bool] = True

    choose: Literal["squashed_gaussian"]
    """How."""


Acting = Annotated[Greedy | EpsilonGreedy | Categorical | Gaussian | SquashedGaussian, Field(discriminator="choose")]
