"""Which learner a spec asks for."""

from __future__ import annotations

from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.training.learner import Learner
from compose.training.on_policy import OnPolicyLearner
from compose.training.replay_learner import ReplayLearner


def learner_for(model: Model, env: Environment, seed: int) -> Learner:
    """The learner of the spec's ``learner.kind``, at its beginning.

    Raises:
        SpecError: ``train.learner``; see :class:`ReplayLearner`.
    """
    kinds: dict[str, type[Learner]] = {"replay": ReplayLearner, "on_policy": OnPolicyLearner}
    return kinds[model.spec.learner.kind](model, env, seed)
