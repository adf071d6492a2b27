"""A line with a band: the IQM over runs at each evaluation, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compose.study.curves import RunCurve
from compose.study.gathering import Line
from compose.study.grid import Grid, one_grid
from compose.study.statistics.aggregates import iqm
from compose.study.statistics.bootstrap import OF_CURVES, estimate
from compose.study.statistics.normalise import Range
from compose.study.statistics.scores import Array, LeftOut, Scores
from compose.study.verdicts import LEAST


@dataclass(frozen=True)
class Band:
    """One method in one environment, or over several."""

    name: str
    env: str
    x: Array
    """On the axis ``[point]``."""
    value: Array
    """The IQM over runs ``[point]``."""
    low: Array | None
    """The ends of its 95 % interval, at each point by itself; None for fewer than three runs."""
    high: Array | None
    runs: int
    left_out: tuple[LeftOut, ...] = ()


def band(line: Line, measure: str, axis: str = "env_steps", task: str | None = None, *, seed: int = 0) -> Band:
    """The band of runs of one spec in one environment.

    Raises:
        SpecError: ``measure.unknown``, ``run.clock``.
    """
    grid = one_grid(line.runs, measure, axis, task)
    return _band(line.name, line.env, grid.x, {line.env: grid.y} if len(grid.x) else {}, len(grid.runs),
                 grid.left_out, seed)


def joint_band(name: str, runs: Mapping[str, Sequence[RunCurve]], measure: str,
               ranges: Mapping[str, Range] | None = None, *, seed: int = 0) -> Band:
    """The sample-efficiency curve of a method over several environments: the IQM over all their runs.

    Each environment's curve is taken at the places of the one with the fewest, as far as all reach; its runs are
    normalised by ``ranges`` if they are given.

    Raises:
        SpecError: ``measure.unknown``.
    """
    grids: dict[str, Grid] = {env: one_grid(some, measure) for env, some in runs.items()}
    out = tuple(one for grid in grids.values() for one in grid.left_out)
    grids = {env: grid for env, grid in grids.items() if len(grid.x)}
    if not grids:
        return _band(name, "", np.zeros(0), {}, 0, out, seed)
    x = min((grid.x for grid in grids.values()), key=len)
    x = x[(x >= max(grid.x[0] for grid in grids.values())) & (x <= min(grid.x[-1] for grid in grids.values()))]
    y = {env: np.stack([np.interp(x, grid.x, run) for run in grid.y.T], -1) for env, grid in grids.items()}
    if ranges is not None:
        y = {env: ranges[env](values) for env, values in y.items()}
    return _band(name, "", x, y if len(x) else {}, min(len(grid.runs) for grid in grids.values()), out, seed)


def _band(name: str, env: str, x: Array, y: Mapping[str, Array], runs: int, out: tuple[LeftOut, ...],
          seed: int) -> Band:
    if not y:
        return Band(name, env, np.zeros(0), np.zeros(0), None, None, runs, out)
    scores = Scores.of(y)
    if runs < LEAST:
        return Band(name, env, x, iqm(scores), None, None, runs, out)
    found = estimate(iqm, scores, repetitions=OF_CURVES, seed=seed)
    return Band(name, env, x, found.value, found.low, found.high, runs, out)
