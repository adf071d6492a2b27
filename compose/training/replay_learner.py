"""The replay learner: updates from batches of episodes played at any time before."""

from __future__ import annotations

from typing import Any

from tensordict import TensorDict

from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.learning import ReplaySettings
from compose.training.clocks import updates_due
from compose.training.learner import Learner


class ReplayLearner(Learner):
    """Keeps the newest ``replay.episodes`` episodes and updates from ``replay.batch`` of them, drawn at random.

    Raises:
        SpecError: ``train.learner`` if the numbers of the spec's learner contradict each other, or it acts otherwise
            than greedily or epsilon-greedily.
    """

    def __init__(self, model: Model, env: Environment, seed: int) -> None:
        learner: Any = model.spec.learner
        replay, act, problems = learner.replay, model.spec.act, []
        if replay.episodes < max(replay.batch, replay.start):
            what = f"holds {replay.episodes}, fewer than batch ({replay.batch}) or start ({replay.start})"
            problems.append(Diagnostic("train.learner", what, where="learner.replay.episodes"))
        if act.choose not in ("greedy", "epsilon_greedy"):
            what = f"a replay learner acts greedily or epsilon-greedily, not '{act.choose}'"
            problems.append(Diagnostic("train.learner", what, where="act.choose"))
        if problems:
            raise SpecError(*problems)
        self.ring: ReplaySettings = replay
        super().__init__(model, env, seed)

    @property
    def capacity(self) -> int:
        return self.ring.episodes

    @property
    def start(self) -> int:
        """Episodes held before the first update: at least a batch."""
        return max(self.ring.start, self.ring.batch)

    def due(self) -> int:
        return updates_due(self.clocks, self.settings.updates, self.start)

    def chosen(self) -> TensorDict:
        return self.replay.sample(self.ring.batch, self.seed, self.clocks.updates)
