"""``compose study run``: make all runs of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli.options import Plugin, examples
from compose.cli.reporting import FAILED, reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

if TYPE_CHECKING:
    from compose.study.runs.standing import Standing

EXAMPLES = examples(
    "compose study run quick_refil",
    "compose study run mine/study.yaml --workers 8",
    "compose study run quick_refil --set train.env_steps=20k --set seeds=0..1",
)


def run(
    study: Study,
    runs: Runs = RUNS,
    workers: Annotated[int | None, typer.Option(
        "--workers", metavar="N", min=1, max=10_000, help="Runs at a time.",
        show_default="cores divided by the study's threads")] = None,
    overrides: Set = None,
    plugin: Plugin = None,
) -> None:
    """Make the runs of a study that are not there yet; what was stopped or failed goes on.

    A run's folder is named by what decides its numbers: nothing is made twice, other studies' runs are used. Stop it
    with Ctrl-C (or `compose study stop`): all runs are saved, and the same command goes on from there.
    """
    with reporting(stopped="stopped; the same command goes on from here"):
        from compose.cli.plugins import load_plugins
        from compose.cli.views.study import Watch
        from compose.language.console import console
        from compose.study.engines.drive import begun, drive
        from compose.study.engines.interface import Job
        from compose.study.engines.local import Local, cores
        from compose.training.loggers.catalogue import find

        load_plugins(plugin or ())
        loaded, plan, workspace = read(study, overrides, runs)
        find(loaded.study.train.log)
        plugins = tuple(str(file.resolve()) for file in plugin or ())
        count = workers or max(1, cores() // loaded.study.train.threads)
        out = console(stderr=True)
        with begun(workspace, plan, loaded.document.data, plugins) as alone, Watch(out, loaded.study.study) as watch:
            if not alone:
                watch.say("another process drives this study: this one works with it")
            engine = Local(Job(workspace, count, plugins))
            standings = drive(workspace, plan, engine, watch)
        _tell(standings)
    if any(one.state == "failed" for one in standings):
        raise typer.Exit(FAILED)


def _tell(standings: list[Standing]) -> None:
    from compose.cli.views.study import show_failures, show_table
    from compose.language.console import console

    show_table(standings, console())
    show_failures(standings, console())
