"""The exact law of a bootstrap: every multiset of runs of each task with its probability."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from math import factorial

import numpy as np

from compose.study.statistics.improvement import probability_of_improvement
from compose.study.statistics.scores import Array, Scores


class Law:
    """A distribution of finitely many values."""

    def __init__(self, values: Array, chances: Array) -> None:
        order = np.argsort(values)
        self.values, self.cumulative = values[order], np.cumsum(chances[order])
        self.mean = float(values @ chances)
        self.sd = float(np.sqrt(((values - self.mean) ** 2) @ chances))

    def quantile(self, share: float) -> float:
        return float(self.values[np.searchsorted(self.cumulative, share)])

    def below(self, value: float) -> float:
        """The chance of less than a value."""
        return self._at(value - 1e-9)

    def upto(self, value: float) -> float:
        """The chance of a value or less."""
        return self._at(value + 1e-9)

    def _at(self, value: float) -> float:
        return float(np.append(0, self.cumulative)[np.searchsorted(self.values, value)])


def multisets(count: int) -> tuple[list[tuple[int, ...]], Array]:
    """All draws with replacement as sorted places, and how likely each is."""
    found = list(combinations_with_replacement(range(count), count))
    ways = [factorial(count) / np.prod([factorial(one.count(i)) for i in range(count)]) for one in found]
    return found, np.array(ways) / count**count


def of_one(statistic: Callable[[Scores], Array], scores: Scores) -> Law:
    """Of a statistic of two tasks."""
    (first, p), (second, q) = map(multisets, scores.runs)
    indices = np.array([[*a, *(scores.runs[0] + i for i in b)] for a in first for b in second])
    return Law(statistic(scores.like(scores.values[indices])), np.outer(p, q).ravel())


def of_improvement(x: Scores, y: Scores) -> Law:
    """Of the probability of improvement over two tasks: their laws are independent, and its is of their mean."""
    values, chances = np.zeros(1), np.ones(1)
    for task in x.tasks:
        (ours, p), (theirs, q) = multisets(len(x[task])), multisets(len(y[task]))
        left = Scores((task,), (len(x[task]),), x[task][np.array(ours)][:, None])
        right = Scores((task,), (len(y[task]),), y[task][np.array(theirs)][None, :])
        one, where = np.unique(probability_of_improvement(left, right).round(9), return_inverse=True)
        share = np.bincount(where.ravel(), np.outer(p, q).ravel())
        values, chances = np.add.outer(values, one / len(x.tasks)).ravel(), np.outer(chances, share).ravel()
    return Law(values, chances)
