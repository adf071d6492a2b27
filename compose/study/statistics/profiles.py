"""Performance profiles: which share of runs, or of tasks, scores more than a threshold."""

from __future__ import annotations

import numpy as np

from compose.study.statistics.scores import Array, Scores

THRESHOLDS: Array = np.linspace(0.0, 1.0, 101)
"""Where profiles are drawn, of scores from 0 to 1."""


def profile(scores: Scores, thresholds: Array = THRESHOLDS) -> Array:
    """``F(t)`` = the share of runs, each task counting the same, that score more than ``t`` (not just as much).

    Scores ``[... score]`` and thresholds ``[t]`` give ``[... t]``. Where the curve of one method lies above another's
    everywhere, it is stochastically better. Source: Agarwal et al. 2021.
    """
    return _share(scores.values, scores.weights, thresholds)


def task_profile(scores: Scores, thresholds: Array = THRESHOLDS) -> Array:
    """The share of *tasks* whose mean over runs is more than ``t``: ``[... t]``."""
    means = np.stack([runs.mean(-1) for runs in scores.by_task()], -1)
    return _share(means, np.full(len(scores.tasks), 1 / len(scores.tasks)), thresholds)


def _share(values: Array, weights: Array, thresholds: Array) -> Array:
    return np.stack([((values > t) * weights).sum(-1) for t in np.asarray(thresholds)], -1)
