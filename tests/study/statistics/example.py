"""Two methods, two tasks, five runs: final returns, and all that is shown on the way to them."""

from __future__ import annotations

import numpy as np

from compose.study.statistics.normalise import by_shown
from compose.study.statistics.scores import Array, Scores

FINAL = {
    "alpha": {"t1": [2.0, 3.0, 5.0, 6.0, 9.0], "t2": [10.0, 14.0, 11.0, 18.0, 12.0]},
    "beta": {"t1": [1.0, 3.0, 4.0, 2.0, 7.0], "t2": [16.0, 11.0, 13.0, 19.0, 15.0]},
}
SHARES = (0.25, 0.5, 1.0)
"""Of the final value, that the three evaluations reach."""
SPREAD = (-0.5, 0.0, 0.0, 0.5)
LAST_SPREAD = (-1.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0)
SHOWN = {task: [[share * v + off for share in SHARES for off in SPREAD] + [v + off for off in LAST_SPREAD]
                for runs in FINAL.values() for v in runs[task]] for task in ("t1", "t2")}
RANGES = by_shown(SHOWN)


def scores(method: str, margin: bool = False) -> Scores:
    """Normalised final scores; with the margin that keeps a range from 0, or without."""
    return Scores.of({task: normalised(task, runs, margin) for task, runs in FINAL[method].items()})


def curve(method: str) -> Scores:
    """Normalised scores at the three evaluations ``[evaluation score]``, with the margin."""
    return Scores.of({task: np.stack([normalised(task, [share * v for v in runs], True) for share in SHARES])
                      for task, runs in FINAL[method].items()})


def normalised(task: str, runs: list[float], margin: bool) -> Array:
    found = RANGES[task]
    return found(runs) if margin else (np.asarray(runs) - found.low) / (found.high - found.low)
