"""How weights are learned: optimizers, lagged copies, learners; one model for each kind, with the fields it reads."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Frozen, Model
from compose.language.quantities import Count
from compose.language.role import Role, section
from compose.language.values import Name, Period, Ratio

Decay = Annotated[float, Field(ge=0, lt=1)]


class RMSprop(Model):
    """v <- alpha v + (1 - alpha) g^2;  w <- w - lr g / (sqrt(v) + eps)."""

    noun: ClassVar[str] = "rmsprop"

    kind: Literal["rmsprop"]
    """Which optimizer."""
    lr: PositiveFloat = 5e-4
    """Step size."""
    alpha: Decay = 0.99
    """Decay of the mean of squared gradients."""
    eps: PositiveFloat = 1e-5
    """Added to the denominator."""
    clip: PositiveFloat | None = None
    """The largest global norm of the gradients of one update."""
    after: Name | None = None
    """Steps after this optimizer, on fresh values."""


class Adam(Model):
    """Adam (Kingma & Ba 2015) with bias correction."""

    noun: ClassVar[str] = "adam"

    kind: Literal["adam"]
    """Which optimizer."""
    lr: PositiveFloat = 1e-3
    """Step size."""
    betas: Annotated[tuple[Decay, Decay], Field(strict=False)] = (0.9, 0.999)
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

    noun: ClassVar[str] = "the replay buffer"

    episodes: Count = 5000
    """How many are kept; the oldest goes first."""
    batch: Count = 32
    """Episodes in an update."""
    start: Count = Field(default_factory=lambda given: max(32, given.get("batch", 0)))
    """Episodes held before the first update, at least a batch; 32 or a batch, whichever is more, unless told."""

    @model_validator(mode="after")
    def _roomy(self) -> Self:
        if self.start < self.batch:
            text = f"start ({self.start}) is less than batch ({self.batch}), which the first update needs"
            raise PydanticCustomError("replay", "{text}", {"text": text, "hint": "start is at least batch"})
        if self.episodes < self.start:
            text = f"{self.episodes} episodes are fewer than batch ({self.batch}) or start ({self.start})"
            raise PydanticCustomError("replay", "{text}", {"text": text})
        return self


class CopyTarget(Model):
    """Lagged copies are the weights of some time ago."""

    noun: ClassVar[str] = "the target"

    kind: Literal["copy"]
    """A hard copy."""
    every: Period = Period(200, "episodes")
    """How often, such as ``200 episodes`` or ``100 updates``."""


class PolyakTarget(Model):
    """Lagged copies follow the weights by Polyak averaging: lagged <- lagged + tau (weights - lagged)."""

    noun: ClassVar[str] = "the target"

    kind: Literal["polyak"]
    """A step towards the weights."""
    tau: Annotated[float, Field(gt=0, le=1)]
    """The size of the step."""
    every: Period = Period(1, "updates")
    """How often, such as ``1 updates``."""


Target = Annotated[CopyTarget | PolyakTarget, Field(discriminator="kind")]


class Learner(Model):
    """How the weights are learned: which fields of ``learner:`` it reads are those of its class."""

    noun: ClassVar[str] = "the learner"
    off_policy: ClassVar[bool] = False
    """Does it learn from what other policies than the present one have played?"""

    kind: Any
    """Which learner."""
    environments: Count = 1
    """Episodes collected in parallel; never changes the update-to-data ratio."""
    updates: Ratio = Ratio(1, 1)
    """Gradient updates for collected episodes, such as ``1 per episode``."""
    target: Target = CopyTarget(kind="copy")
    """How the lagged copies of weights follow."""
    optimizers: Annotated[Frozen[Name, Optimizer], section(Role("optimizer", "an optimizer", whole=("kind",)), bare=6)]
    """Name -> optimizer; each trains the weights that its losses reach."""

    @property
    def batch(self) -> int:
        """Episodes that one update learns from."""
        return self.updates.episodes

    @property
    def kept(self) -> int:
        """Episodes that are stored."""
        return self.updates.episodes

    @property
    def memory(self) -> str:
        """What is kept beyond an update, in words."""
        return ""


class ReplayLearner(Learner):
    """Learns from a replay buffer of episodes that any earlier policy has played."""

    off_policy: ClassVar[bool] = True

    kind: Literal["replay"]
    """From a buffer."""
    replay: ReplaySettings = ReplaySettings()
    """What is kept, and how it is drawn."""

    @property
    def batch(self) -> int:
        """Episodes that one update learns from."""
        return self.replay.batch

    @property
    def kept(self) -> int:
        """Episodes that are stored."""
        return self.replay.episodes

    @property
    def memory(self) -> str:
        ring = self.replay
        return f"the last {ring.episodes:,} episodes; batches of {ring.batch:,}; learning starts at {ring.start:,}"


class OnPolicyLearner(Learner):
    """Learns from what the present policy has just done, then forgets it."""

    kind: Literal["on_policy"]
    """From the newest episodes."""


Learning = Annotated[ReplayLearner | OnPolicyLearner, Field(discriminator="kind")]
