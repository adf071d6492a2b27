"""One number for a method over all its runs and tasks: IQM, mean, median, optimality gap.

Each maps scores ``[... score]`` to ``[...]``.
"""

from __future__ import annotations

import numpy as np

from compose.study.statistics.scores import Array, Scores

CUT = 0.25
"""The share that an interquartile mean cuts from each end."""
_ROUNDING = 1e-9


def iqm(scores: Scores) -> Array:
    """The interquartile mean: of all n scores of all tasks, sorted, the mean without floor(n / 4) at each end.

    As ``scipy.stats.trim_mean(scores, 0.25)``; with fewer than four scores it is the mean. Where tasks have different
    numbers of runs, every score has its weight (:attr:`Scores.weights`): cut is what lies wholly in the lowest or the
    highest quarter of the weight, the rest averaged by weight; with equal numbers that is the same.

    Source: Agarwal et al. 2021.
    """
    if scores.equal:
        count = scores.values.shape[-1]
        cut = int(CUT * count)
        return np.asarray(np.sort(scores.values, axis=-1)[..., cut : count - cut].mean(-1))
    lightest_first = np.argsort(scores.weights, kind="stable")  # equal scores have one order then
    values, weights = scores.values[..., lightest_first], scores.weights[lightest_first]
    order = np.argsort(values, axis=-1, kind="stable")
    values, weights = np.take_along_axis(values, order, -1), weights[order]
    below = np.cumsum(weights, -1)
    above = 1 - below + weights
    kept = weights * ((below > CUT + _ROUNDING) & (above > CUT + _ROUNDING))
    return np.asarray((values * kept).sum(-1) / kept.sum(-1))


def mean(scores: Scores) -> Array:
    """The mean over tasks of the mean over runs."""
    return np.asarray(_of_tasks(scores).mean(-1))


def median(scores: Scores) -> Array:
    """The median over *tasks* of the mean over runs; with two tasks the mean of both."""
    return np.asarray(np.median(_of_tasks(scores), -1))


def optimality_gap(scores: Scores, best: float = 1.0) -> Array:
    """``best - mean(min(score, best))``: how much is lacking to ``best``, which more than the best does not make up."""
    return best - mean(scores.like(np.minimum(scores.values, best)))


def _of_tasks(scores: Scores) -> Array:
    """The mean of each task ``[... task]``."""
    return np.stack([runs.mean(-1) for runs in scores.by_task()], -1)
