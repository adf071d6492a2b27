"""Which learner a spec asks for."""

from __future__ import annotations

from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.training.learner import Learner
from compose.training.on_policy import OnPolicyLearner
from compose.training.piece_learner import PieceLearner
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.replay_learner import ReplayLearner

KINDS: tuple[type[Learner], ...] = (ReplayLearner, OnPolicyLearner, PieceLearner)
"""What each reads of a spec is its ``reads``, of pieces or not."""


def learner_for(model: Model, env: Environment, seed: int, ranks: Ranks = ALONE) -> Learner:
    """The learner of the spec's ``learner.kind``, at its beginning."""
    asked = model.spec.learner
    found: type[Learner] = next(kind for kind in KINDS if isinstance(asked, kind.reads) and kind.pieced == asked.pieces)
    return found(model, env, seed, ranks)
