"""Stratified bootstrap: how much a statistic would move if the runs were drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compose.study.statistics.scores import Array, Scores

Indices = NDArray[np.int64]
Statistic = Callable[[Scores], Array]
PairStatistic = Callable[[Scores, Scores], Array]

REPETITIONS, OF_PAIRS, OF_CURVES = 50_000, 2_000, 2_000
"""Resamples for one number, for comparisons of all pairs of runs, for each point of a curve."""
LEVEL = 0.95
_AT_ONCE = 1 << 21
"""Numbers that are held at a time."""


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval; arrays where the statistic has axes."""

    value: Array
    low: Array
    high: Array


def draw(scores: Scores, repetitions: int, generator: np.random.Generator) -> Indices:
    """Places in ``values`` ``[repetition score]``: for each task by itself as many runs as it has, with replacement."""
    starts = np.cumsum((0, *scores.runs[:-1]))
    return np.concatenate([start + generator.integers(0, count, (repetitions, count))
                           for start, count in zip(starts, scores.runs, strict=True)], axis=1)


def taken(scores: Scores, indices: Indices) -> Scores:
    """Resamples ``[repetition ... score]``. A run is drawn as a whole, with all numbers that it has before the last
    axis: the intervals of a curve are those of its points."""
    return scores.like(np.moveaxis(scores.values[..., indices], -2, 0))


def percentiles(resampled: Array, level: float = LEVEL) -> tuple[Array, Array]:
    """The percentile interval of ``[repetition ...]``: the (1 - level) / 2 and (1 + level) / 2 quantiles, interpolated
    linearly."""
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def estimate(statistic: Statistic, scores: Scores, *, repetitions: int = REPETITIONS, level: float = LEVEL,
             seed: int = 0) -> Estimate:
    """A statistic and its stratified bootstrap interval: a function of the scores and ``seed`` alone.

    The order of runs does not matter. Tasks are not resampled: the interval is about other seeds, not other tasks. With
    one run in every task it has no width, which says nothing.

    Args:
        statistic: Of scores ``[... score]``, giving ``[...]`` or, as profiles do, ``[... t]``.
        scores: ``[score]``, or ``[point score]`` of a curve.
        repetitions: How many resamples.
        level: Of the interval.
        seed: Of the resamples.
    """
    return _estimate(lambda both: statistic(both[0]), (scores,), repetitions, level, seed)


def estimate_pair(statistic: PairStatistic, x: Scores, y: Scores, *, repetitions: int = OF_PAIRS,
                  level: float = LEVEL, seed: int = 0) -> Estimate:
    """The same of a statistic of two methods, such as a difference; both are resampled, independently."""
    return _estimate(lambda both: statistic(both[0], both[1]), (x, y), repetitions, level, seed)


def _estimate(statistic: Callable[[tuple[Scores, ...]], Array], sides: tuple[Scores, ...], repetitions: int,
              level: float, seed: int) -> Estimate:
    sides = tuple(map(_in_order, sides))
    generator = np.random.Generator(np.random.PCG64(seed))
    held = sum(side.values.size for side in sides) * (1 if len(sides) == 1 else max(sides[-1].runs))
    at_once = max(1, _AT_ONCE // held)
    resampled = [statistic(tuple(taken(side, draw(side, min(at_once, repetitions - start), generator))
                                 for side in sides)) for start in range(0, repetitions, at_once)]
    return Estimate(np.asarray(statistic(sides)), *percentiles(np.concatenate(resampled), level))


def _in_order(scores: Scores) -> Scores:
    """The runs of each task in the order of their scores."""
    def ordered(runs: Array) -> Array:
        return runs[..., np.lexsort(runs.reshape(-1, runs.shape[-1])[::-1])]

    return scores.like(np.concatenate([ordered(runs) for runs in scores.by_task()], -1))
