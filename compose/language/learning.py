"""How weights are learned: lagged copies, learners; one model for each kind, with the fields it reads."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Frozen, Model
from compose.language.optimizers import Optimizer as Optimizer
from compose.language.quantities import Count
from compose.language.role import Role, section
from compose.language.values import Name, Period, Ratio


class ReplaySettings(Model):
    """A ring of whole episodes."""

    noun: ClassVar[str] = "the replay buffer"

    episodes: Count = 5000
    """How many are kept; the oldest goes first."""
    of: Literal["episodes", "steps"] = "episodes"
    """What a batch is of: whole episodes, all different; or single steps of any of them, each with the one after it."""
    batch: Count = 32
    """Episodes, or steps, in an update."""
    start: Count = Field(default_factory=lambda given: max(32, given.get("batch", 0) * (given.get("of") != "steps")))
    """Episodes held before the first update, at least a batch of them; 32 or that, whichever is more, unless told."""

    @model_validator(mode="after")
    def _roomy(self) -> Self:
        if self.start < self.batch and self.of == "episodes":
            text = f"start ({self.start}) is less than batch ({self.batch}), which the first update needs"
            raise PydanticCustomError("replay", "{text}", {"text": text, "hint": "start is at least batch"})
        if self.episodes < self.start:
            named = f"batch ({self.batch}) or " if self.of == "episodes" else ""
            text = f"{self.episodes} episodes are fewer than {named}start ({self.start})"
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
    to_keep_less: ClassVar[str]
    """What makes the stored episodes fewer: words that end in the name of a setting."""
    to_draw_less: ClassVar[str]
    """What makes a batch smaller, likewise."""

    kind: Any
    """Which learner."""
    environments: Count = 1
    """Episodes collected in parallel; never changes the update-to-data ratio (but with a horizon, of which every
    collection has one for each)."""
    updates: Ratio = Ratio(1, 1)
    """Gradient updates for collected episodes, such as ``1 per episode``; with a horizon ``1 per horizon``."""
    target: Target = CopyTarget(kind="copy")
    """How the lagged copies of weights follow."""
    optimizers: Annotated[Frozen[Name, Optimizer], section(Role("optimizer", "an optimizer", whole=("kind",)), bare=6)]
    """Name -> optimizer; each trains the weights that its losses reach."""

    @property
    def batch(self) -> int:
        """Episodes, or steps, that one update learns from."""
        return self.updates.episodes

    def span(self, whole: int) -> int:
        """Stored steps of each of them, where a whole episode has so many."""
        return whole

    @property
    def kept(self) -> int:
        """Episodes that are stored."""
        return self.updates.episodes

    def stored(self, whole: int) -> int:
        """How many episodes take as much room as what is stored, where a whole one has so many stored steps."""
        return self.kept

    @property
    def packed(self) -> bool:
        """Are episodes kept for so long, and always drawn as a whole, that they are worth packing?"""
        return False

    @property
    def pieces(self) -> bool:
        """May what it learns from begin in the middle of an episode?"""
        return False

    @property
    def memory(self) -> str:
        """What is kept beyond an update, in words."""
        return ""


class ReplayLearner(Learner):
    """Learns from a replay buffer of episodes that any earlier policy has played."""

    off_policy: ClassVar[bool] = True
    to_keep_less: ClassVar[str] = "lower learner.replay.episodes"
    to_draw_less: ClassVar[str] = "lower learner.replay.batch"

    kind: Literal["replay"]
    """From a buffer."""
    replay: ReplaySettings = ReplaySettings()
    """What is kept, and how it is drawn."""

    @model_validator(mode="after")
    def _of_episodes(self) -> Self:
        if self.updates.horizon:
            text = f"'updates: {self.updates}' counts horizons, and a replay learner collects whole episodes"
            raise PydanticCustomError("horizon", "{text}", {"text": text, "hint": "updates: 1 per episode"})
        return self

    @property
    def batch(self) -> int:
        """Episodes, or steps, that one update learns from."""
        return self.replay.batch

    def span(self, whole: int) -> int:
        """Stored steps of each of them, where a whole episode has so many."""
        return 2 if self.replay.of == "steps" else whole

    @property
    def kept(self) -> int:
        """Episodes that are stored."""
        return self.replay.episodes

    @property
    def packed(self) -> bool:
        """Are episodes kept for so long, and always drawn as a whole, that they are worth packing?"""
        return self.replay.of == "episodes"

    @property
    def memory(self) -> str:
        ring, steps = self.replay, " steps" if self.replay.of == "steps" else ""
        held, drawn = f"the last {ring.episodes:,} episodes", f"batches of {ring.batch:,}{steps}"
        return f"{held}; {drawn}; learning starts at {ring.start:,}"


class OnPolicyLearner(Learner):
    """Learns from what the present policy has just done, then forgets it."""

    to_keep_less: ClassVar[str] = "lower the episodes of learner.updates"
    to_draw_less: ClassVar[str] = "raise learner.minibatches"

    kind: Literal["on_policy"]
    """From the newest episodes, or pieces of them."""
    horizon: Count | None = None
    """Steps of every environment in a collection, which goes on where the last one stopped; whole episodes if left
    out."""
    minibatches: Count = 1
    """Parts into which the episodes (or, with a horizon, the environments) are cut at random, one for each update; all
    of them make an epoch."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if (self.horizon is not None) != self.updates.horizon:
            text, hint = f"'updates: {self.updates}' counts horizons, and there is none", "such as 'horizon: 32'"
            if self.horizon is not None:
                text = f"'updates: {self.updates}' counts episodes, and a collection is {self.horizon} steps of each " \
                       "environment"
                hint = f"updates: {self.minibatches} per horizon"
            raise PydanticCustomError("horizon", "{text}", {"text": text, "hint": hint})
        return self

    @model_validator(mode="after")
    def _whole_epochs(self) -> Self:
        if self.horizon is not None:
            return self._whole_environments()
        parts, ratio = self.minibatches, self.updates
        if ratio.episodes % parts or ratio.updates % parts:
            what = f"{ratio.episodes} episodes" if ratio.episodes % parts else f"{ratio.updates} updates"
            text = f"{what} are no multiple of the {parts} minibatches"
            epochs, share = max(1, round(ratio.updates / parts)), max(1, round(ratio.episodes / parts))
            whole = Ratio(epochs * parts, share * parts)
            hint = f"every update takes one minibatch: 'updates: {whole}' makes {epochs} " \
                   f"epoch{'s' * (epochs > 1)} of {parts} minibatches, of {share} episode{'s' * (share > 1)} each"
            raise PydanticCustomError("minibatches", "{text}", {"text": text, "hint": hint})
        return self

    def _whole_environments(self) -> Self:
        parts, updates = self.minibatches, self.updates.updates
        if self.environments % parts or updates % parts:
            what = f"{self.environments} environments" if self.environments % parts else f"{updates} updates"
            text = f"{what} are no multiple of the {parts} minibatches"
            epochs = max(1, round(updates / parts))
            hint = f"every update takes one minibatch, of equally many environments: 'updates: {epochs * parts} per " \
                   f"horizon' makes {epochs} epoch{'s' * (epochs > 1)} of {parts}"
            raise PydanticCustomError("minibatches", "{text}", {"text": text, "hint": hint})
        return self

    @property
    def pieces(self) -> bool:
        """May what it learns from begin in the middle of an episode?"""
        return self.horizon is not None

    @property
    def batch(self) -> int:
        """Episodes, or environments, that one update learns from."""
        return self.kept // self.minibatches

    def span(self, whole: int) -> int:
        """Stored steps of each of them, where a whole episode has so many."""
        return whole if self.horizon is None else min(whole, self.horizon + 1)

    @property
    def kept(self) -> int:
        """Episodes that are stored; or environments, of each at least one stretch of an episode."""
        return self.updates.episodes if self.horizon is None else self.environments

    def stored(self, whole: int) -> int:
        """How many episodes take as much room as what is stored; of pieces, if episodes reach their limit."""
        if self.horizon is None:
            return self.kept
        stretches = self.environments * (1 + ceil(self.horizon / max(1, whole - 1)))
        return ceil(stretches * self.span(whole) / whole)

    @property
    def memory(self) -> str:
        each, pieces = "episode", ""
        if self.horizon is not None:
            each, pieces = "environment", f"pieces of {self.horizon:,} steps of each environment"
        if self.minibatches == 1:
            return pieces
        epochs = self.updates.updates // self.minibatches
        return f"{pieces}{'; ' * bool(pieces)}{epochs:,} epoch{'s' * (epochs > 1)} of {self.minibatches:,} " \
               f"minibatches, of {self.batch:,} {each}{'s' * (self.batch > 1)} each"


Learning = Annotated[ReplayLearner | OnPolicyLearner, Field(discriminator="kind")]
