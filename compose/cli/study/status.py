"""``compose study status``: how far a study is."""

from __future__ import annotations

from compose.cli.options import Json, Plugin, examples
from compose.cli.reporting import print_json, reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

EXAMPLES = examples(
    "compose study status quick_refil",
    "compose study status mine/study.yaml --json",
)


def status(study: Study, runs: Runs = RUNS, overrides: Set = None, plugin: Plugin = None, json: Json = False) -> None:
    """Tell how far the runs of a study are: done, running and by whom, failed and why, or still to be made.

    Of a study that was not begun it tells which runs it needs.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.views.study import data, show_failures, show_running, show_table
        from compose.language.console import console
        from compose.study.runs.standing import standings

        load_plugins(plugin or ())
        loaded, plan, workspace = read(study, overrides, runs)
        now = standings(workspace, plan.runs)
        if json:
            print_json({"study": loaded.study.study, "runs": [data(one, runs) for one in now]})
            return
        show_table(now, console())
        show_running(now, console())
        show_failures(now, console())
