"""How far the runs of a study are: what their folders, leases and records of failure say; no torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from compose.language.diagnostics import SpecError
from compose.study.runs.lease import Owner, holder, lease_path
from compose.study.runs.planned import Planned, run_path
from compose.study.runs.workspace import Failure, Workspace
from compose.training.folder import RunFolder
from compose.training.records import Clocked, Summary, parsed

State = Literal["done", "running", "failed", "begun", "waiting"]
STATES: tuple[State, ...] = ("done", "running", "failed", "begun", "waiting")
_TAIL = 65536


@dataclass(frozen=True)
class Standing:
    """One run of a study, now."""

    run: Planned
    state: State
    """``begun``: stopped in between, goes on where it was."""
    clocks: Mapping[str, int]
    """As far as is known; empty before the first row of metrics."""
    seconds: float = 0.0
    """What it has taken so far."""
    score: Mapping[str, Any] | None = None
    """Its last evaluations (``recent`` of its summary), if it is done."""
    owner: Owner | None = None
    """Who works on it."""
    failure: Failure | None = None
    """Why it failed."""

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1."""
        if self.state == "done":
            return 1.0
        return min(1.0, max((self.clocks.get(name, 0) / end for name, end in self.run.ends.items()), default=0.0))


def standings(workspace: Workspace, runs: Iterable[Planned], known: Mapping[str, Standing] | None = None) \
        -> list[Standing]:
    """How far each run is; those ``known`` to be done stay so."""
    before = known or {}
    return [one if (one := before.get(run.folder)) is not None and one.state == "done" else standing(workspace, run)
            for run in runs]


def standing(workspace: Workspace, run: Planned) -> Standing:
    """How far a run is."""
    path = run_path(workspace.runs, run)
    summary = finished(path, run)
    if summary is not None:
        return Standing(run, "done", summary.clocks, summary.wall.seconds, summary.recent)
    owner = holder(lease_path(workspace.runs, run.folder))
    clocks, seconds = progress(path)
    if owner is not None:
        return Standing(run, "running", clocks, seconds, owner=owner)
    failure = workspace.failure(run)
    if failure is not None:
        return Standing(run, "failed", clocks, seconds, failure=failure)
    return Standing(run, "begun" if RunFolder(path).exists() else "waiting", clocks, seconds)


def finished(path: Path, run: Planned) -> Summary | None:
    """The summary of a run that has come as far as is planned; None if it has not."""
    if not (path / "summary.json").is_file():
        return None
    try:
        summary = RunFolder(path).record("summary.json", Summary)
    except SpecError:  # damaged, or being written: training it again tells
        return None
    reached = any(summary.clocks[name] >= end for name, end in run.ends.items())
    return summary if reached or (summary.early and summary.early == run.settings.get("until")) else None


def progress(path: Path) -> tuple[Mapping[str, int], float]:
    """The clocks and seconds in the last whole row of metrics."""
    try:
        with (path / "metrics.jsonl").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")[:-1]
        row = Clocked.model_validate(parsed(lines[-1].decode()))
    except (OSError, ValueError, IndexError, json.JSONDecodeError):
        return {}, 0.0
    return row.clocks, row.wall.seconds
