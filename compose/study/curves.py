"""What the evaluations of a run say: single episodes, means over time, the value at a step. No torch is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.study.statistics.scores import Array
from compose.training.folder import RunFolder, reading
from compose.training.records import About, Evaluated, checked

Row = dict[str, Any]
Counts = NDArray[np.int64]

ALWAYS = ("success", "return", "length")
"""Measures that every environment has."""
OTHER_NAMES = {"solved": "success", "win_rate": "success", "success_rate": "success", "won": "success",
               "returned": "return", "reward": "return", "score": "return", "steps": "length"}  # fmt: skip
NO_MEASURE = {"env_steps", "updates", "episode", "task"}
AXES = ("env_steps", "updates", "seconds")
"""What a curve can be drawn against."""
WINDOW = 5
"""Evaluations whose mean is the value at a step: a single one is partly luck."""
SLACK = 0.01
"""Evaluations wait for the end of an episode: one so little (of the step) after a step is one at it."""


class Told(About):
    """``run.json`` with the name of the spec."""

    spec: str = ""


@dataclass(frozen=True, eq=False)
class RunCurve:
    """A run and all its evaluations, in the order of time."""

    folder: Path
    about: Told
    env_steps: Counts
    """Of each evaluation ``[evaluation]``."""
    updates: Counts
    episodes: tuple[tuple[Row, ...], ...]
    """The rows of each evaluation."""
    clock: tuple[Array, Array]
    """Environment steps and wall seconds of the rows of metrics."""

    @property
    def spec(self) -> str:
        """The spec's name, or what it is known by."""
        return self.about.spec or self.about.spec_hash[:8]

    def __len__(self) -> int:
        return len(self.episodes)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """What all its episodes are measured by: ``success``, ``return``, ``length``, then the environment's own."""
        rows = [row for group in self.episodes for row in group]
        own = sorted(set.intersection(*(set(row) for row in rows)) - NO_MEASURE - set(ALWAYS)) if rows else []
        return (*ALWAYS, *(name for name in own if all(_number(row[name]) for row in rows)))

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of its environment that were played."""
        return tuple(sorted({row["task"] for group in self.episodes for row in group}))

    def values(self, measure: str, task: str | None = None) -> list[Array]:
        """The measure of each episode, one array ``[episode]`` an evaluation; nan where it was no number.

        Raises:
            SpecError: ``measure.unknown``.
        """
        check_measure(measure, self)
        return [np.array([_plain(row[measure]) for row in group if task in (None, row["task"])])
                for group in self.episodes]

    def means(self, measure: str, task: str | None = None) -> Array:
        """The mean over the episodes of each evaluation ``[evaluation]``; nan where there is none or one is nan."""
        return np.array([found.mean() if len(found) else np.nan for found in self.values(measure, task)])

    def against(self, axis: str) -> Array:
        """Where the evaluations stand on ``env_steps``, ``updates`` or ``seconds`` ``[evaluation]``.

        Seconds are those of training and evaluating, interpolated between rows of metrics.

        Raises:
            SpecError: ``run.clock`` if the run has no row of metrics.
        """
        if axis == "seconds":
            steps, seconds = self.clock
            if not len(steps):
                hint = "draw it against env_steps or updates"
                raise SpecError(Diagnostic("run.clock", "has no row of metrics to tell the time by", str(self.folder),
                                           hint=hint))
            return np.asarray(np.interp(self.env_steps, np.append(0, steps), np.append(0.0, seconds)))
        return (self.updates if axis == "updates" else self.env_steps).astype(np.float64)

    @property
    def reached(self) -> int:
        """Environment steps of its last evaluation."""
        return int(self.env_steps[-1]) if len(self) else 0

    @property
    def seconds(self) -> float:
        """How long it took, evaluating included, as far as is known."""
        return float(self.clock[1][-1]) if len(self.clock[1]) else float("nan")

    def chosen(self, at: int | None = None, window: int = WINDOW) -> list[int]:
        """Which evaluations are the value at a step: the last ``window`` at or before it, of those after the first
        update if there are any; at the end unless told. None if the run has not come so far."""
        if not len(self) or (at is not None and self.reached < at):
            return []
        every = self.about.settings.get("eval_every")
        slack = 0 if at is None else min(SLACK * at, every / 2 if isinstance(every, int) else at)
        before = [i for i, step in enumerate(self.env_steps) if at is None or step <= at or step < at + slack]
        learned = [i for i in before if self.updates[i] > 0]
        return (learned or before[-1:])[-window:]

    def value(self, measure: str, at: int | None = None, window: int = WINDOW, task: str | None = None) -> float | None:
        """The mean of the means of the chosen evaluations; None if the run has not come so far, or has no such episode.

        Raises:
            SpecError: ``measure.unknown``.
        """
        means = self.means(measure, task)
        found = float(np.mean(means[chosen])) if (chosen := self.chosen(at, window)) else np.nan
        return found if np.isfinite(found) else None


def read_run(folder: Path) -> RunCurve:
    """A run from its folder, as far as it has come.

    Raises:
        SpecError: ``run.file``, ``run.damaged``.
    """
    run = RunFolder(folder)
    about, rows, metrics = run.record("run.json", Told), run.rows("evals"), run.rows("metrics")
    with reading(folder / "evals.jsonl"):
        for row in rows:
            checked(Evaluated, row)
        groups = [(at, tuple(group)) for at, group in groupby(rows, key=lambda row: (row["env_steps"], row["updates"]))]
        if any(a > b for (one, _), (other, _) in pairwise(groups) for a, b in zip(one, other, strict=True)):
            raise ValueError("evaluations that go back in time")
    with reading(folder / "metrics.jsonl"):
        clock = [(float(row["env_steps"]), float(row["wall"]["seconds"])) for row in metrics if "wall" in row]
        steps, seconds = np.array(clock).reshape(-1, 2).T
        if not np.isfinite(seconds).all():
            raise ValueError("seconds that are no number")
        if (np.diff(steps) < 0).any():
            raise ValueError("rows that go back in time")
    places = np.array([at for at, _ in groups], dtype=np.int64).reshape(-1, 2)
    return RunCurve(folder, about, places[:, 0], places[:, 1], tuple(group for _, group in groups), (steps, seconds))


def check_measure(measure: str, *runs: RunCurve) -> None:
    """Raises SpecError (``measure.unknown``) unless all runs have a measure."""
    for run in runs:
        if measure not in run.measures:
            known = f"it has: {', '.join(run.measures)}"
            hint = did_you_mean(OTHER_NAMES.get(measure, measure), run.measures) or known
            raise SpecError(Diagnostic("measure.unknown", f"{run.folder} has no measure '{measure}'", hint=hint,
                                       notes=() if hint == known else (known,)))


def check_task(task: str, runs: Sequence[RunCurve]) -> None:
    """Raises SpecError (``run.task``) unless some run has episodes of a task."""
    known = sorted({name for run in runs for name in run.tasks})
    if task not in known:
        hint = did_you_mean(task, known) or f"they have: {', '.join(known)}"
        raise SpecError(Diagnostic("run.task", f"no run here has a task '{task}'", "--task", hint=hint))


def usual_measure(runs: Iterable[RunCurve]) -> str:
    """``success``, or ``return`` where no episode ever succeeded, as in games without a goal."""
    goal = any(row["success"] for run in runs for group in run.episodes for row in group)
    return "success" if goal else "return"


def furthest_common(runs: Sequence[RunCurve]) -> int:
    """The environment steps that all runs have come to."""
    return min(run.reached for run in runs)


def _number(value: object) -> bool:
    return value is None or isinstance(value, int | float)


def _plain(value: float | None) -> float:
    return np.nan if value is None else float(value)
