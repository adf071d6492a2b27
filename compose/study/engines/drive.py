"""Driving a study: workers are kept at it until every run is done or has failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.engines.interface import Engine
from compose.study.runs.planned import Plan
from compose.study.runs.standing import Standing, standings
from compose.study.runs.workspace import Workspace, make_folder
from compose.training.interrupt import Interrupt
from compose.training.lock import locked

Show = Callable[[Sequence[Standing], Sequence[str]], None]
"""Who is shown the standings, and what engines have to say."""
LOOK = 1.0
"""Seconds between two looks."""
MOST_DEATHS = 20
"""So many workers in a row may die without any run getting done."""


@contextmanager
def begun(workspace: Workspace, plan: Plan, data: Mapping[str, object],
          plugins: tuple[str, ...] = ()) -> Iterator[bool]:
    """The study's folder with this plan in it, as the only driver; False where another one drives the same plan.

    What failed before is tried again.

    Raises:
        SpecError: ``study.driven`` if another process drives this study with another plan.
    """
    make_folder(workspace.path)
    try:
        with locked(workspace.path):
            workspace.stop.unlink(missing_ok=True)
            workspace.write(plan, plugins)
            workspace.study_text(dict(data))
            workspace.forget_failures()
            yield True
            return
    except SpecError as error:
        if error.diagnostics[0].code != "run.locked":
            raise
        owner = error.diagnostics[0].message.removesuffix(" is training here")
    there = workspace.plan()
    if there is None or there.runs != plan.runs:
        text = f"{owner} works on this study as the file was before"
        hint = "wait for it, or end it with: compose study stop"
        raise SpecError(Diagnostic("study.driven", text, where=str(workspace.path), hint=hint))
    yield False


def drive(workspace: Workspace, plan: Plan, engine: Engine, show: Show) -> list[Standing]:
    """Until nothing is left to do: keep workers at it, and show how far all is. Gives how far each run has come.

    Raises:
        KeyboardInterrupt: After Ctrl-C or SIGTERM, or if the study is stopped from elsewhere; workers have saved.
        SpecError: ``study.workers`` if workers die again and again.
    """
    known: dict[str, Standing] = {}
    deaths = 0
    with Interrupt() as interrupt:
        try:
            while True:
                now = standings(workspace, plan.runs, known)
                done = sum(one.state == "done" for one in now)
                deaths = 0 if done > sum(one.state == "done" for one in known.values()) else deaths
                known = {one.run.folder: one for one in now}
                died = engine.died()
                deaths += len(died)
                show(now, (*died, *engine.words()))
                if interrupt.asked or workspace.stop.exists():
                    raise KeyboardInterrupt
                if deaths > MOST_DEATHS:
                    raise SpecError(Diagnostic("study.workers", "workers die again and again", str(workspace.path),
                                               hint="their logs say why", notes=tuple(died)))
                free = sum(one.state in ("begun", "waiting") for one in now)
                running = sum(one.state == "running" for one in now)
                if not free and not running:
                    return now
                engine.keep(free, running)
                time.sleep(LOOK)
        finally:
            engine.stop()
