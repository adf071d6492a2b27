"""``compose study run``: make all runs of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from compose.cli.options import Plugin, examples
from compose.cli.reporting import FAILED, reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.study.runs.planned import Plan
    from compose.study.runs.standing import Standing

EXAMPLES = examples(
    "compose study run quick_refil",
    "compose study run mine/study.yaml --workers 8",
    "compose study run quick_refil --set train.env_steps=20k --set seeds=0..1",
    "compose study run mine/study.yaml --engine slurm --workers 40 --partition cpu --time 240 --slurm account=lab",
    "compose study run mine/study.yaml --engine ray --address auto",
)


def run(
    study: Study,
    runs: Runs = RUNS,
    workers: Annotated[int | None, typer.Option(
        "--workers", metavar="N", min=1, max=10_000, help="Runs at a time.",
        show_default="cores divided by the study's threads; of slurm 16")] = None,
    engine: Annotated[Literal["local", "slurm", "ray"], typer.Option(
        "--engine", help="Where: processes here, jobs of Slurm, tasks of Ray.")] = "local",
    partition: Annotated[str | None, typer.Option(
        "--partition", metavar="NAME", help="Slurm's partition.", show_default="the site's own choice")] = None,
    minutes: Annotated[int | None, typer.Option(
        "--time", metavar="MINUTES", min=5, max=525_600, show_default="240",
        help="Time limit of a job of Slurm; its runs go on in the next.")] = None,
    slurm: Annotated[list[str] | None, typer.Option(
        "--slurm", metavar="KEY=VALUE", help="Any other option of sbatch, e.g. account=lab; repeatable.")] = None,
    address: Annotated[str | None, typer.Option(
        "--address", metavar="ADDRESS", help="A cluster of Ray, e.g. auto or HOST:6379.",
        show_default="RAY_ADDRESS, or one on this machine")] = None,
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
        from compose.study.engines.local import cores
        from compose.study.engines.named import Options
        from compose.study.engines.named import engine as engine_of
        from compose.study.file.fitting import check_fits
        from compose.study.file.model import Search
        from compose.training.loggers.catalogue import find

        load_plugins(plugin or ())
        loaded, plan, workspace = read(study, overrides, runs)
        check_fits(loaded)
        find(loaded.study.train.log)
        searches = isinstance(loaded.study.vary, Search)
        plugins = tuple(str(file.resolve()) for file in plugin or ())
        job = Job(workspace, workers, plugins, loaded.study.train.threads)
        options = Options(partition, minutes, tuple(slurm or ()), address)
        maker = engine_of(engine, job, options)
        out = console(stderr=True)
        with begun(workspace, plan, loaded.document.data, plugins) as alone, Watch(out, loaded.study.study) as watch:
            if not alone:
                watch.say("another process drives this study: this one works with it")
            if not searches:
                standings = drive(workspace, plan, maker, watch)
            elif not alone:
                raise SpecError(Diagnostic("study.driven", "another process searches", str(workspace.path)))
            else:
                from compose.cli.study.searching import search

                def made(plan: Plan) -> list[Standing]:
                    workspace.write(plan, plugins)
                    return drive(workspace, plan, engine_of(engine, job, options), watch)

                search(loaded, workspace, made, workers or cores(), watch.say)
                return
        _tell(standings)
    if any(one.state == "failed" for one in standings):
        raise typer.Exit(FAILED)


def _tell(standings: list[Standing]) -> None:
    from compose.cli.views.study import show_failures, show_table
    from compose.language.console import console

    show_table(standings, console())
    show_failures(standings, console())
