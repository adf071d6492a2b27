"""``compose study clean``: what a study has left behind that it does not need any more."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Plugin, examples
from compose.cli.reporting import reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

EXAMPLES = examples(
    "compose study clean quick_refil",
    "compose study clean quick_refil --replay --yes",
)


def clean(
    study: Study, runs: Runs = RUNS,
    replay: Annotated[bool, typer.Option("--replay", help=(
        "Also the replay of runs that are done: most of their size, needed only to train them further."))] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; else they are only named.")] = False,
    overrides: Set = None, plugin: Plugin = None,
) -> None:
    """Name (or with --yes remove) runs that the study needed when it was run last and no study here needs now."""
    with reporting():
        from compose.cli.plugins import load_plugins
        from compose.language.numerals import bytes_text
        from compose.study.runs.cleaning import disused, remove

        load_plugins(plugin or ())
        _, plan, workspace = read(study, overrides, runs)
        found = disused(workspace, plan, replay=replay)
        for path, count in found:
            page.say(f"{path}  {bytes_text(count)}")
        total = bytes_text(sum(count for _, count in found))
        if not found:
            page.say("nothing to remove")
        elif yes:
            remove(path for path, _ in found)
            page.say(f"removed {total}")
        else:
            page.say(f"{total} in all; with --yes they are removed")
