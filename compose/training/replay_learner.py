"""The replay learner: updates from batches of episodes played at any time before."""

from __future__ import annotations

from tensordict import TensorDict

from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.clocks import updates_due
from compose.training.learner import Learner


class ReplayLearner(Learner):
    """Keeps the newest ``replay.episodes`` episodes and updates from ``replay.batch`` of them, drawn at random.

    Raises:
        SpecError: ``train.learner`` if the numbers of the spec's learner contradict each other, or it acts otherwise
            than greedily or epsilon-greedily.
    """

    def __init__(self, model: Model, env: Environment, seed: int) -> None:
        replay, act, problems = model.spec.learner.replay, model.spec.act, []
        if replay.episodes < max(replay.batch, replay.start):
            what = f"holds {replay.episodes}, fewer than batch ({replay.batch}) or start ({replay.start})"
            problems.append(Diagnostic("train.learner", what, where="learner.replay.episodes"))
        if act.choose not in ("greedy", "epsilon_greedy"):
            what = f"a replay learner acts greedily or epsilon-greedily, not '{act.choose}'"
            problems.append(Diagnostic("train.learner", what, where="act.choose"))
        if problems:
            raise SpecError(*problems)
        super().__init__(model, env, seed)

    @property
    def capacity(self) -> int:
        return int(self.settings.replay.episodes)

    @property
    def start(self) -> int:
        """Episodes held before the first update: at least a batch."""
        return int(max(self.settings.replay.start, self.settings.replay.batch))

    def due(self) -> int:
        return updates_due(self.clocks, self.settings.updates, self.start)

    def chosen(self) -> TensorDict:
        return self.replay.sample(self.settings.replay.batch, self.seed, self.clocks.updates)
