"""``compose study diff``: what one study does otherwise than another, or than it did when it was run."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Plugin, examples
from compose.cli.reporting import reporting
from compose.cli.study.options import RUNS, Runs, Study, read
from compose.language.diagnostics import Diagnostic, SpecError

EXAMPLES = examples(
    "compose study diff quick_refil",
    "compose study diff mine/before.yaml mine/after.yaml",
)


def diff_(
    before: Study,
    after: Annotated[str | None, typer.Argument(
        metavar="STUDY", show_default=False, help="Another; unless told, the first as it was run last.")] = None,
    runs: Runs = RUNS, plugin: Plugin = None,
) -> None:
    """Tell which runs only one of two studies has, and what differs in the specs of methods that both have.

    With one study: what has changed in it, and in the specs that it names, since it was run last.
    """
    with reporting():
        from compose.cli.plugins import load_plugins
        from compose.study.runs.changes import changes, told

        load_plugins(plugin or ())
        _, plan, workspace = read(before, None, runs)
        if after is None:
            there = workspace.plan()
            if there is None:
                hint = "name a second study to compare it with"
                raise SpecError(Diagnostic("study.folder", "was not run yet", str(workspace.path), hint=hint))
            lines = told(changes(there.runs, plan.runs, workspace.text, plan.specs.__getitem__), "as it was run", "now")
        else:
            _, other, _ = read(after, None, runs)
            lines = told(changes(plan.runs, other.runs, plan.specs.__getitem__, other.specs.__getitem__), before, after)
        for line in lines or ["the same runs"]:
            page.say(line)
