"""``compose study work``: one worker, which takes runs of a study until none is left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli.options import Plugin, examples
from compose.cli.reporting import FAILED, reporting
from compose.language.diagnostics import Diagnostic, SpecError

EXAMPLES = examples(
    "compose study work runs/study-quick_refil",
    "compose study work runs/study-quick_refil --only refil_group_matching-group_matching-small-s0-1f0c9d8e7a",
)


def work(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder: RUNS/study-NAME.")],
    only: Annotated[str | None, typer.Option("--only", metavar="RUN", help="Make this run alone.")] = None,
    follow: Annotated[int | None, typer.Option(
        "--follow", metavar="PID", min=1, max=2**31, help="Save and end once PID, which started it, is gone.")] = None,
    plugin: Plugin = None,
) -> None:
    """Take runs that nobody works on, one after the other, until none is left.

    `compose study run` starts such workers by itself. Start more, on any machine that sees the folder, as often as you
    like: each run is made by one of them, and those of a worker that dies are taken up again.
    """
    with reporting(stopped="stopped; what was begun is saved"):
        from compose.cli.plugins import load_plugins
        from compose.language.console import console
        from compose.language.diagnostics import did_you_mean
        from compose.study.runs.work import Worker
        from compose.study.runs.workspace import Workspace
        from compose.training.say import say

        workspace = Workspace.at(folder)
        plan = workspace.plan()
        if plan is None:
            hint = "`compose study run` makes it; it is called RUNS/study-NAME"
            raise SpecError(Diagnostic("study.folder", "is no folder of a study", str(folder), hint=hint))
        load_plugins(plugin or tuple(map(Path, plan.plugins)))
        worker = Worker(workspace, follow)
        if only is None:
            worker.work()
            return
        run = next((one for one in worker.runs if one.folder == only), None)
        if run is None:
            near = did_you_mean(only, (one.folder for one in worker.runs))
            raise SpecError(Diagnostic("study.run", f"this study has no run '{only}'", "--only", hint=near))
        workspace.forget_failure(run)
        worker.one(run)
        failure = workspace.failure(run)
        if failure is None:
            return
        say(console(stderr=True), failure.words)
    raise typer.Exit(FAILED)
