"""``compose study stop``: let all who work on a study save and end."""

from __future__ import annotations

import time

from compose.cli import page
from compose.cli.options import Plugin, examples
from compose.cli.reporting import reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

EXAMPLES = examples("compose study stop quick_refil")
PATIENCE = 120.0
"""Seconds to wait for workers."""


def stop(study: Study, runs: Runs = RUNS, overrides: Set = None, plugin: Plugin = None) -> None:
    """Let all who work on a study, on whatever machine, save their runs and end; `compose study run` goes on later."""
    with reporting():
        from compose.cli.plugins import load_plugins
        from compose.study.runs.standing import standings
        from compose.training.folder import write_whole

        load_plugins(plugin or ())
        _, plan, workspace = read(study, overrides, runs)
        if workspace.plan() is None:
            page.say(f"{workspace.path}: nothing was begun")
            return
        write_whole(workspace.stop, "")
        until = time.monotonic() + PATIENCE
        while (left := [one for one in standings(workspace, plan.runs) if one.state == "running"]) \
                and time.monotonic() < until:
            time.sleep(1)
        for one in left:
            page.say(f"still running: {one.run.name}, {one.owner}")
        if not left:
            page.say("all have stopped")
