"""Which runs lie in a folder: spec, environment, seed, how far, how good, how large; no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from compose.language.diagnostics import SpecError
from compose.study.runs.cleaning import bytes_in
from compose.study.runs.lease import FOLDER as LEASES
from compose.study.runs.lease import holder
from compose.study.runs.standing import progress
from compose.training.folder import RunFolder
from compose.training.lock import NAME as LOCK
from compose.training.records import About, Summary

DEPTH = 4
"""Folders below the one that is looked through."""
State = Literal["done", "running", "stopped", "damaged"]


@dataclass(frozen=True)
class Listed:
    """A run in a folder."""

    path: Path
    state: State
    """``done``: it has a summary; ``stopped``: it may go on."""
    spec: str = ""
    env: str = ""
    seed: int = 0
    clocks: dict[str, int] | None = None
    """None before the first row of metrics."""
    score: dict[str, float] | None = None
    """Means of its last evaluations; None until it is done."""
    seconds: float = 0.0
    """What it took."""
    bytes: int = 0
    """On the disk."""
    date: str = ""
    """When it was begun."""
    problem: str = ""
    """Why it is damaged."""

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {**vars(self), "path": str(self.path)}


def runs_in(folder: Path) -> Iterator[Listed]:
    """Every run in a folder and those below it, in the order of their names; what is no run is passed over."""
    for at, names, found in os.walk(folder):
        path = Path(at)
        if "run.json" in found:
            names.clear()
            yield listed(path)
            continue
        deep = len(path.relative_to(folder).parts) >= DEPTH
        names[:] = [] if deep else sorted(name for name in names if not name.startswith("."))


def listed(path: Path) -> Listed:
    """One run."""
    folder, size = RunFolder(path), bytes_in(path)
    try:
        about = folder.record("run.json", About)
        name = folder.json("run.json").get("spec", "")
        summary = folder.record("summary.json", Summary) if (path / "summary.json").is_file() else None
    except SpecError as error:
        return Listed(path, "damaged", bytes=size, problem=error.diagnostics[0].render())
    clocks, seconds = (summary.clocks, summary.wall.seconds) if summary else progress(path)
    works = (path / LOCK).exists() or holder(path.parent / LEASES / path.name) is not None
    state: State = "running" if works else "done" if summary else "stopped"
    return Listed(path, state, str(name), about.env, about.seed, dict(clocks) or None,
                  dict(summary.recent) if summary else None, seconds, size, str(about.made.get("date", "")))
