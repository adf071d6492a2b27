"""The replay learner: updates from batches of episodes played at any time before."""

from __future__ import annotations

from collections.abc import Collection

from tensordict import TensorDict

from compose.language import learning
from compose.training.clocks import updates_due
from compose.training.learner import Learner


class ReplayLearner(Learner):
    """Keeps the newest ``replay.episodes`` episodes and updates from ``replay.batch`` of them, or of their steps, drawn
    at random.

    Updates begin when ``replay.start`` episodes are held; those due until then are not made up for.
    """

    reads = learning.ReplayLearner
    settings: learning.ReplayLearner

    @property
    def keep(self) -> Collection[str]:
        return self.model.reads(acting=False)

    def due(self) -> int:
        return updates_due(self.clocks, self.settings.updates, self.settings.replay.start)

    def chosen(self) -> TensorDict:
        sample = self.replay.sample_steps if self.settings.replay.of == "steps" else self.replay.sample
        return sample(self.settings.batch, self.seed, self.clocks.updates)
