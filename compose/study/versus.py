"""Two methods beside each other: IQMs, their difference, the probability of improvement, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compose.study.statistics.aggregates import iqm
from compose.study.statistics.bootstrap import Estimate, estimate, estimate_pair
from compose.study.statistics.improvement import probability_of_improvement
from compose.study.statistics.scores import Array, LeftOut, Scores, matched

REPETITIONS = 10_000
"""Resamples for IQMs and their difference."""


@dataclass(frozen=True)
class Versus:
    """What a comparison found, over the tasks that both have."""

    left: Estimate
    """The left one's IQM."""
    right: Estimate
    difference: Estimate
    """Left less right, of IQMs."""
    improvement: Estimate
    """How likely a run of the left one scores more than one of the right."""
    runs: dict[str, tuple[int, int]]
    """Of each task, left and right."""
    left_out: tuple[LeftOut, ...]
    """What does not count."""

    @property
    def least(self) -> int:
        """The runs that the smallest side of a task has."""
        return min(min(pair) for pair in self.runs.values())


def versus(left: Mapping[str, Sequence[float | None]], right: Mapping[str, Sequence[float | None]],
           names: tuple[str, str] = ("left", "right"), *, repetitions: int = REPETITIONS, seed: int = 0) -> Versus:
    """Compare the scores of two methods, by task; None is a run without a score.

    Raises:
        ValueError: If no task has scores of both.
    """
    a, b = names if names[0] != names[1] else ("left", "right")
    found, out = matched({a: left, b: right})
    x, y = found[a], found[b]
    how = {"repetitions": repetitions, "seed": seed}
    return Versus(estimate(iqm, x, **how), estimate(iqm, y, **how), estimate_pair(_difference, x, y, **how),
                  estimate_pair(probability_of_improvement, x, y, seed=seed),
                  {task: (n, m) for task, n, m in zip(x.tasks, x.runs, y.runs, strict=True)}, out)


def _difference(x: Scores, y: Scores) -> Array:
    return iqm(x) - iqm(y)
