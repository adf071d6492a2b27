"""Evaluation of several learners in one batch of episodes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from compose.training.clocks import moving_params
from compose.training.evaluate import AT_ONCE, Row, outcomes, stream
from compose.training.learner import Learner
from compose.training.rollout import rollout
from compose.training.together.actor import StackedActor, by_row
from compose.training.together.stack import StackedProgram


def evaluate_together(learners: Sequence[Learner], episodes: int, first_episodes: Sequence[int],
                      program: StackedProgram) -> list[list[Row]]:
    """For each learner, the rows that :func:`~compose.training.evaluate.evaluate` gives.

    Args:
        learners: Of one spec and environment.
        episodes: To play with each.
        first_episodes: The number of each learner's first episode.
        program: The models' ``act``, stacked.
    """
    env, count = learners[0].env, len(learners)
    seeds = [stream(one.seed) for one in learners]
    params = [moving_params(one.model, one.clocks) for one in learners]
    rows: list[list[Row]] = [[] for _ in learners]
    most = max(1, AT_ONCE // count)
    for start in range(0, episodes, most):
        each = min(most, episodes - start)
        numbers = torch.cat([torch.arange(first + start, first + start + each) for first in first_episodes])
        actor = StackedActor([one.model for one in learners], seeds, [0.0] * count, params, program)
        found = outcomes(rollout(actor, env, numbers.to(env.device), by_row(seeds, each), keep=()), env)
        for row in range(count):
            rows[row] += found[row * each : (row + 1) * each]
    return rows
