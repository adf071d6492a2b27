"""The probability of improvement of one method over another."""

from __future__ import annotations

import numpy as np

from compose.study.statistics.scores import Array, Scores


def probability_of_improvement(x: Scores, y: Scores) -> Array:
    """How likely a run of ``x`` scores more than one of ``y`` in the same task; 0.5 is no difference.

    ``P(x > y)`` = the mean over tasks of ``sum_ij (1[x_i > y_j] + 1[x_i = y_j] / 2) / (n_x n_y)``, that is
    Mann and Whitney's U over ``n_x n_y``. Scores ``[... score]`` of both, same tasks; gives ``[...]``.

    Source: Agarwal et al. 2021.

    Raises:
        ValueError: If the tasks are not the same.
    """
    if x.tasks != y.tasks:
        raise ValueError(f"the tasks differ: {', '.join(x.tasks)} and {', '.join(y.tasks)}")
    found = []
    for ours, theirs in zip(x.by_task(), y.by_task(), strict=True):
        pairs = ours[..., :, None], theirs[..., None, :]
        found.append(((pairs[0] > pairs[1]) + 0.5 * (pairs[0] == pairs[1])).mean((-2, -1)))
    return np.asarray(np.stack(found, -1).mean(-1))
