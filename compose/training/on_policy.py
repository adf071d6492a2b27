"""The on-policy learner: collect some episodes, update from all of them, forget them."""

from __future__ import annotations

from collections.abc import Collection

from tensordict import TensorDict
from torch import Tensor

from compose.language import learning
from compose.training.learner import Learner


class OnPolicyLearner(Learner):
    """``updates: N per M episodes``: M episodes are played with the weights as they are, then come N updates, each from
    all M (usually one), then they are forgotten.

    One update steps every optimizer once, in the order of ``after``. Only fields that losses read are recorded.
    """

    reads = learning.OnPolicyLearner

    @property
    def keep(self) -> Collection[str]:
        program = self.model.programs["learn"]
        of_agents = any(".agent." in name for name in program.needs("plan"))  # planned by the shape of `visible`
        return {*program.needs("field"), *(["visible"] if of_agents else [])}

    def due(self) -> int:
        ratio = self.settings.updates
        return self.clocks.episodes // ratio.episodes * ratio.updates - self.clocks.updates

    def upcoming(self, limit: int | None = None) -> Tensor:
        """As for every learner, but never beyond the episodes of one update."""
        left = self.settings.batch - self.clocks.episodes % self.settings.batch
        return super().upcoming(left if limit is None else min(left, limit))

    def chosen(self) -> TensorDict:
        return self.replay.newest(self.settings.batch)
