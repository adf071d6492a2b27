"""Scores of several tasks on one scale: by what each task shows, or by its chance level and a stated best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compose.study.statistics.scores import Array

MARGIN = 1e-6
"""What is added to the range of what is shown, so that a task in which all is equal gives 0."""


@dataclass(frozen=True)
class Range:
    """What becomes 0 and (less ``margin``) 1 in a task: ``(x - low) / (high - low + margin)``."""

    low: float
    high: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not np.isfinite((self.low, self.high)).all() or self.high - self.low + self.margin <= 0:
            raise ValueError(f"{self.low:g} to {self.high:g} is no range")

    def __call__(self, values: Array | Sequence[float]) -> Array:
        return (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low + self.margin)


def by_shown(shown: Mapping[str, Iterable[Array | Sequence[float]]]) -> dict[str, Range]:
    """Each task by the least and the most of *all that is shown together*: every method, run, evaluation and single
    episode, as marl-eval does (Gorsane et al. 2022).

    So every score changes when a method or a run is added.

    Raises:
        ValueError: If nothing finite is shown of a task.
    """
    found = {}
    for task, parts in shown.items():
        values = np.concatenate([np.ravel(np.asarray(part, dtype=np.float64)) for part in parts])
        if not np.isfinite(values).any():
            raise ValueError(f"nothing is shown of task {task}")
        found[task] = Range(float(np.nanmin(values)), float(np.nanmax(values)), MARGIN)
    return found


def by_reference(chance: Mapping[str, float], best: Mapping[str, float]) -> dict[str, Range]:
    """Each task by what play reaches that has learned nothing, and by a stated best: 0 is chance, 1 the best, and both
    may be passed. Scores do not depend on what else is shown.

    Raises:
        ValueError: If a task lacks one of them, or its best is not above chance.
    """
    unpaired = sorted(set(chance) ^ set(best))
    if unpaired:
        raise ValueError(f"task {unpaired[0]} has no {'best' if unpaired[0] in chance else 'chance level'}")
    for task in chance:
        if not best[task] > chance[task]:
            raise ValueError(f"task {task}: the best, {best[task]:g}, is not above chance, {chance[task]:g}")
    return {task: Range(chance[task], best[task]) for task in chance}
