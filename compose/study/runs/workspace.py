"""What a study keeps beside its runs: its plan, its specs, the logs of its runs, what failed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field as Limits

from compose.language.diagnostics import SpecError
from compose.language.dump import dump
from compose.study.runs.planned import Plan, Planned
from compose.training.folder import RunFolder, write_json, write_whole, writing
from compose.training.records import Record
from compose.training.surroundings import surroundings

PREFIX = "study-"
LOGS, FAILURES, SPECS = "logs", "failures", "specs"
Kind = TypeVar("Kind", bound=Record)


class Planning(Record):
    """``plan.json``: the runs of a study as its driver began it."""

    study: str
    plugins: tuple[str, ...] = Limits(default=(), strict=False)
    runs: tuple[Planned, ...] = Limits(strict=False)
    made: dict[str, str | int] = Limits(default_factory=dict)
    """Where and when it was planned, and the commit of the study's file."""


class Failure(Record):
    """Why a run failed, in ``failures/``."""

    words: str
    """What was said last."""
    log: str = ""
    """Where all of it is."""
    command: str = ""
    """What repeats it."""


class Tries(Record):
    """How often a run was begun without getting further, in ``failures/``."""

    count: Annotated[int, Limits(ge=0)]
    updates: Annotated[int, Limits(ge=-1)]
    """How far it was then."""


@dataclass(frozen=True)
class Workspace:
    """The folder of a study, among the runs: ``RUNS/study-NAME``."""

    runs: Path
    """Where all runs lie."""
    path: Path

    @classmethod
    def of(cls, runs: Path, study: str) -> Workspace:
        """That of a study's name."""
        return cls(runs, runs / f"{PREFIX}{study}")

    @classmethod
    def at(cls, path: Path) -> Workspace:
        """That in a folder."""
        return cls(path.parent, path)

    def write(self, plan: Plan, plugins: tuple[str, ...] = ()) -> None:
        """Write a plan and the specs it needs. Raises SpecError (``run.write``)."""
        for folder in (SPECS, LOGS, FAILURES):
            make_folder(self.path / folder)
        for name, text in plan.specs.items():
            if not (self.path / SPECS / name).exists():
                write_whole(self.path / SPECS / name, text)
        made = surroundings(plan.file)
        data = Planning(study=plan.study.study, plugins=plugins, runs=plan.runs, made=made).model_dump(mode="json")
        write_json(self.path / "plan.json", data)

    def study_text(self, data: dict[str, Any]) -> None:
        """Keep the study as it was read, all it builds on merged."""
        write_whole(self.path / "study.yaml", dump(data))

    def plan(self) -> Planning | None:
        """The plan that was written last; None if there is none. Raises SpecError (``run.damaged``)."""
        if not (self.path / "plan.json").is_file():
            return None
        return RunFolder(self.path).record("plan.json", Planning)

    def spec(self, run: Planned) -> Path:
        """The file of a run's spec."""
        return self.path / SPECS / run.spec

    def text(self, name: str) -> str:
        """The text of a spec's file. Raises SpecError (``run.file``)."""
        return RunFolder(self.path / SPECS).text(name)

    def log(self, run: Planned) -> Path:
        """Where what a run says is written down."""
        return self.path / LOGS / f"{run.folder}.log"

    def failure(self, run: Planned) -> Failure | None:
        """Why a run failed, if it did."""
        return self._record(f"{run.folder}.json", Failure)

    def fail(self, run: Planned, failure: Failure) -> None:
        """Write down that a run failed."""
        write_json(self.path / FAILURES / f"{run.folder}.json", failure.model_dump())

    def tries(self, run: Planned) -> Tries:
        """How often it was begun without getting further."""
        return self._record(f"{run.folder}.tries", Tries) or Tries(count=0, updates=-1)

    def tried(self, run: Planned, tries: Tries) -> None:
        """Write that down: for those who come after a process, not after a loss of power."""
        path = self.path / FAILURES / f"{run.folder}.tries"
        write_json(path, tries.model_dump(), file=False, folder=False)

    def forget_failure(self, run: Planned) -> None:
        """Let a run that failed be tried once more."""
        for end in ("json", "tries"):
            (self.path / FAILURES / f"{run.folder}.{end}").unlink(missing_ok=True)

    def forget_failures(self) -> None:
        """Let runs that failed be tried once more."""
        for path in (self.path / FAILURES).glob("*"):
            path.unlink(missing_ok=True)

    @property
    def stop(self) -> Path:
        """A file that asks all who work on the study to save and stop."""
        return self.path / "stop"

    def _record(self, name: str, kind: type[Kind]) -> Kind | None:
        if not (self.path / FAILURES / name).is_file():
            return None
        with contextlib.suppress(SpecError):
            return RunFolder(self.path / FAILURES).record(name, kind)
        return None


def make_folder(path: Path) -> None:
    """Make a folder with its parents. Raises SpecError (``run.write``)."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
