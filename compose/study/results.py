"""The evaluations of a study's runs as one small file, from which reports are made where the runs are not; no torch."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field as Limits
from pydantic import model_validator

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.curves import ALWAYS, Row, RunCurve, Told
from compose.study.runs.planned import Plan, Planned
from compose.study.statistics.scores import LeftOut
from compose.training.folder import reading
from compose.training.records import Count, Number, Record, checked, parsed

DIGITS = 7
"""Significant ones that are kept of a mean."""
MOST = 10**6
"""Episodes of an evaluation."""
Means = Sequence[float | None]


@dataclass(frozen=True)
class There:
    """Those runs of a study that count, and those that do not."""

    runs: tuple[tuple[Planned, RunCurve], ...]
    missing: tuple[LeftOut, ...] = ()
    changed: tuple[str, ...] = ()
    """Names of those that would be others if they were made today: spec, environment or settings have changed since."""


class OfTask(Record):
    """What the evaluations say of one task ``[evaluation]``."""

    episodes: list[Annotated[int, Limits(ge=0, le=MOST)]]
    means: dict[str, list[Number | None]]
    """Of each measure; null where an episode's was no number."""


class OfRun(Record):
    """One run: what decided it, where it was made, and its evaluations."""

    method: str
    folder: str
    """What its folder was called, which names its content."""
    about: Told
    env_steps: list[Count]
    updates: list[Count]
    seconds: list[Number]
    """Since it began, at each evaluation."""
    tasks: dict[str, OfTask]

    @model_validator(mode="after")
    def _alike(self) -> Self:
        clocks: list[list[int] | list[float]] = [self.env_steps, self.updates, self.seconds]
        columns: list[Sized] = [*clocks]
        if not self.tasks:
            raise ValueError("there is no task")
        for task in self.tasks.values():
            if lacking := set(ALWAYS) - set(task.means):
                raise ValueError(f"there is no {', '.join(sorted(lacking))}")
            columns += [task.episodes, *task.means.values()]
        if len({len(column) for column in columns}) > 1:
            raise ValueError("columns of different lengths")
        if any(a > b for column in clocks for a, b in pairwise(column)):
            raise ValueError("evaluations that go back in time")
        return self


class Results(Record):
    """The file."""

    results: Literal[1] = Limits(default=1)
    """Of which form it is."""
    study: str
    runs: list[OfRun]


def results(study: str, there: There) -> str:
    """The text of the file: a line for each run.

    Raises:
        SpecError: ``run.clock`` if a run has no row of metrics.
    """
    lines = ",\n".join(json.dumps(_kept(one, curve).model_dump(mode="json", by_alias=True), separators=(",", ":"))
                       for one, curve in there.runs)
    return f'{{"results": 1, "study": {json.dumps(study)}, "runs": [\n{lines}\n]}}\n'


def read_results(path: Path, plan: Plan) -> There:
    """The runs of a study from a file of results: those that its plan needs, by method, environment and seed.

    Raises:
        SpecError: ``run.file``, ``run.damaged``; ``results.study`` if they are of another study.
    """
    with reading(path):
        found = checked(Results, parsed(path.read_text(encoding="utf-8")))
        twice = Counter((run.method, run.about.env, run.about.seed) for run in found.runs).most_common(1)
        if twice and twice[0][1] > 1:
            raise ValueError("the same run twice")
    if found.study != plan.study.study:
        text = f"{path} holds results of the study '{found.study}', not of '{plan.study.study}'"
        raise SpecError(Diagnostic("results.study", text))
    kept = {(run.method, run.about.env, run.about.seed): run for run in found.runs}
    runs: list[tuple[Planned, RunCurve]] = []
    missing: list[LeftOut] = []
    for one in plan.runs:
        run = kept.get((one.method, one.env, one.seed))
        if run is None:
            missing.append(LeftOut(one.name, f"is not in {path}"))
        else:
            runs.append((one, _curve(path, run)))
    changed = tuple(one.name for one, _ in runs if kept[one.method, one.env, one.seed].folder != one.folder)
    return There(tuple(runs), tuple(missing), changed)


def _kept(one: Planned, curve: RunCurve) -> OfRun:
    tasks = {task: OfTask(episodes=[len(found) for found in curve.values("success", task)],
                          means={name: _numbers(curve.means(name, task)) for name in curve.measures})
             for task in curve.tasks}
    about = curve.about.model_copy(update={"settings": {}, "made": {k: x for k, x in curve.about.made.items()
                                                                    if k in ("date", "processor", "cores")}})
    return OfRun(method=one.method, folder=one.folder, about=about, env_steps=curve.env_steps.tolist(),
                 updates=curve.updates.tolist(), seconds=[round(x, 2) for x in curve.against("seconds").tolist()],
                 tasks=tasks)


def _numbers(means: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float | None]:
    return [float(f"{x:.{DIGITS}g}") if np.isfinite(x) else None for x in means.tolist()]


def _curve(path: Path, run: OfRun) -> RunCurve:
    """The run with equal episodes, of each task in proportion: their means are those of the file."""
    shares = [math.gcd(*counts) or 1 for counts in zip(*(task.episodes for task in run.tasks.values()), strict=True)]
    rows = tuple(
        tuple(row for name, task in run.tasks.items()
              for row in [_row(name, task.means, i)] * (task.episodes[i] // one))
        for i, one in enumerate(shares)
    )
    steps, seconds = np.array(run.env_steps, dtype=np.int64), np.array(run.seconds)
    return RunCurve(path / run.folder, run.about, steps, np.array(run.updates, dtype=np.int64), rows,
                    (steps.astype(np.float64), seconds))


def _row(task: str, means: Mapping[str, Means], i: int) -> Row:
    return {"task": task, **{name: column[i] for name, column in means.items()}}
