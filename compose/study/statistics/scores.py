"""Scores: one number for each run in each task, of one method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Numbers; every statistic takes any axes before the last and keeps them."""


@dataclass(frozen=True)
class LeftOut:
    """What a statistic does not count, and why: for whoever prints it."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True)
class Scores:
    """The scores of one method: ``values [... score]``, the runs of the first task, then those of the next.

    Tasks may have different numbers of runs. Every task counts the same: a score weighs 1 / (tasks * its task's runs).
    """

    tasks: tuple[str, ...]
    runs: tuple[int, ...]
    """So many of each task."""
    values: Array

    @classmethod
    def of(cls, scores: Mapping[str, Sequence[float] | Array]) -> Scores:
        """From the scores of each task: numbers, or arrays ``[... run]`` with the same axes before the last.

        Tasks are put in the order of their names, so that nothing depends on who was named first.

        Raises:
            ValueError: If there is no task, a task has no run, or a score is no finite number; :func:`matched` and
                :func:`finite` leave such out.
        """
        arrays = {task: np.asarray(scores[task], dtype=np.float64) for task in sorted(scores)}
        if not arrays:
            raise ValueError("no task has a score")
        for task, array in arrays.items():
            if array.ndim == 0 or array.shape[-1] == 0:
                raise ValueError(f"task {task} has no run")
            if not np.isfinite(array).all():
                raise ValueError(f"a score of task {task} is no finite number")
        values = np.concatenate(list(arrays.values()), axis=-1)
        return cls(tuple(arrays), tuple(array.shape[-1] for array in arrays.values()), values)

    @property
    def equal(self) -> bool:
        """Whether every task has as many runs."""
        return len(set(self.runs)) == 1

    @cached_property
    def weights(self) -> Array:
        """What each score weighs ``[score]``; they add up to 1."""
        return np.repeat(1 / (len(self.runs) * np.asarray(self.runs, dtype=np.float64)), self.runs)

    def by_task(self) -> Iterator[Array]:
        """The scores of each task ``[... run]``."""
        yield from np.split(self.values, np.cumsum(self.runs)[:-1], axis=-1)

    def like(self, values: Array) -> Scores:
        """Other numbers of the same runs."""
        return Scores(self.tasks, self.runs, values)

    def __getitem__(self, task: str) -> Array:
        return dict(zip(self.tasks, self.by_task(), strict=True))[task]


def finite(scores: Mapping[str, Sequence[float | None]], method: str = "") -> tuple[dict[str, list[float]],
                                                                                   tuple[LeftOut, ...]]:
    """The scores that are numbers, of the tasks that have any; and what was left out."""
    kept: dict[str, list[float]] = {}
    out: list[LeftOut] = []
    head = f"{method}, " if method else ""
    for task, runs in scores.items():
        numbers = [float(x) for x in runs if x is not None and np.isfinite(x)]
        if len(numbers) < len(runs):
            missing = len(runs) - len(numbers)
            lack = "has" if missing == 1 else "have"
            out.append(LeftOut(f"{head}{task}", f"{missing} of {len(runs)} runs {lack} no score"))
        if numbers:
            kept[task] = numbers
        else:
            out.append(LeftOut(f"{head}{task}", "no run has a score, so the task does not count"))
    return kept, tuple(out)


def matched(methods: Mapping[str, Mapping[str, Sequence[float | None]]]) -> tuple[dict[str, Scores],
                                                                                  tuple[LeftOut, ...]]:
    """The scores of several methods in the tasks that all of them have; and what was left out, and what is uneven.

    Raises:
        ValueError: If no task has scores of all.
    """
    kept: dict[str, dict[str, list[float]]] = {}
    out: list[LeftOut] = []
    for method, scores in methods.items():
        kept[method], left = finite(scores, method)
        out += left
    every = dict.fromkeys(task for scores in kept.values() for task in scores)
    common = [task for task in every if all(task in scores for scores in kept.values())]
    for task in every:
        lacking = [method for method, scores in kept.items() if task not in scores]
        if lacking:
            lack = "has" if len(lacking) == 1 else "have"
            out.append(LeftOut(task, f"{', '.join(lacking)} {lack} no score in it, so it counts for nobody"))
    if not common:
        raise ValueError("no task has scores of all")
    found = {method: Scores.of({task: scores[task] for task in common}) for method, scores in kept.items()}
    for method, one in found.items():
        if not one.equal:
            counts = ", ".join(f"{count} in {task}" for task, count in zip(one.tasks, one.runs, strict=True))
            out.append(LeftOut(method, f"tasks have different numbers of runs ({counts}); each task counts the same"))
    return found, tuple(out)
