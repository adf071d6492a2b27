"""Options that commands about studies share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete

if TYPE_CHECKING:
    from compose.study.file.reading import LoadedStudy
    from compose.study.runs.planned import Plan
    from compose.study.runs.workspace import Workspace

RUNS = Path("runs")

Study = Annotated[str, typer.Argument(
    metavar="STUDY", autocompletion=complete.studies,
    help="A packaged study, or a path such as mine/study.yaml; `compose list studies`.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where all runs lie.")]
Set = Annotated[list[str] | None, typer.Option(
    "--set", metavar="KEY=VALUE", help="Change a value of the study, e.g. train.env_steps=50k; repeatable.")]


def read(study: str, overrides: list[str] | None, runs: Path) -> tuple[LoadedStudy, Plan, Workspace]:
    """A study, the runs it needs, and its folder among them. Raises SpecError."""
    from compose.study.file.model import Search
    from compose.study.file.reading import load_study
    from compose.study.runs.planned import Plan, planned
    from compose.study.runs.workspace import Workspace

    loaded = load_study(study, overrides or ())
    workspace = Workspace.of(runs, loaded.study.study)
    if isinstance(loaded.study.vary, Search):  # its runs depend on what comes of others
        there = workspace.plan()
        return loaded, Plan(loaded.study, there.runs if there else (), {}, loaded.document.file), workspace
    return loaded, planned(loaded), workspace
