"""Curves of several runs at the same places, as statistics over runs need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compose.study.curves import RunCurve, check_measure
from compose.study.statistics.scores import Array, LeftOut


@dataclass(frozen=True)
class Grid:
    """Runs side by side."""

    x: Array
    """Where, on the axis that was asked for ``[point]``."""
    y: Array
    """The measure ``[point run]``."""
    runs: tuple[RunCurve, ...]
    left_out: tuple[LeftOut, ...]
    """Runs that do not count, and where the others were cut."""


def one_grid(runs: Sequence[RunCurve], measure: str, axis: str = "env_steps", task: str | None = None) -> Grid:
    """The k-th evaluations of all runs together at the mean of their places, as far as all runs have them.

    Evaluations of the same rank belong together if they are nearer to each other than half the way to the next.
    Where they are not (another ``eval_every``, or seconds), each run is interpolated linearly at the places of the one
    that has the fewest. A run without such an evaluation does not count.

    Raises:
        SpecError: ``measure.unknown``, ``run.clock``.
    """
    check_measure(measure, *(run for run in runs if len(run)))
    counted, curves, out = [], [], []
    for run in runs:
        x, y = (run.against(axis), run.means(measure, task)) if len(run) else (np.zeros(0), np.zeros(0))
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        if len(x):
            counted.append(run)
            curves.append((x, y))
        else:
            out.append(LeftOut(str(run.folder), f"no evaluation of {measure}" + (f" in {task}" if task else "")))
    if not counted:
        return Grid(np.zeros(0), np.zeros((0, 0)), (), tuple(out))
    count = min(len(x) for x, _ in curves)
    places = np.stack([x[:count] for x, _ in curves], -1)
    step = float(np.median(np.diff(places.mean(-1)))) if count > 1 else np.inf
    if (np.ptp(places, axis=-1) <= step / 2).all():
        x, y = places.mean(-1), np.stack([y[:count] for _, y in curves], -1)
    else:
        x, _ = min(curves, key=lambda curve: len(curve[0]))
        x = x[(x >= max(x[0] for x, _ in curves)) & (x <= min(x[-1] for x, _ in curves))]
        y = np.stack([np.interp(x, *curve) for curve in curves], -1)
        step = float(np.median(np.diff(x))) if len(x) > 1 else np.inf
    last = [curve[0][-1] for curve in curves]
    if max(last) - min(last) > 1.5 * step or not len(x):
        shortest = counted[int(np.argmin(last))]
        out.append(LeftOut(str(shortest.folder), f"ends at {min(last):,.0f} {axis.replace('_', ' ')}, and with it the "
                           f"mean of {len(counted)} runs; the longest goes to {max(last):,.0f}"))
    return Grid(x, y, tuple(counted), tuple(out))
