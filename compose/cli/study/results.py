"""``compose study results``: the evaluations of a study's runs as one small file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Plugin, examples
from compose.cli.page import Cell
from compose.cli.reporting import reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

EXAMPLES = examples(
    "compose study results quick_refil",
    "compose study results quick_refil -o quick_refil.json",
    "compose study report quick_refil --results quick_refil.json",
)


def results(
    study: Study, runs: Runs = RUNS,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.json", help="The file.")] = Path("results.json"),
    overrides: Set = None, plugin: Plugin = None,
) -> None:
    """Keep what the evaluations of a study's runs say, in a file small enough to commit.

    It holds the means of every evaluation, task by task, with versions, processor
    and seconds; `compose study report --results FILE` makes the report of it where
    the runs are not. Runs that are not done are left out, and named.
    """
    with reporting():
        from compose.cli.files import check_named
        from compose.cli.plugins import load_plugins
        from compose.language.atomic_write import save
        from compose.language.numerals import bytes_text
        from compose.study import results as kept
        from compose.study.report.studies import there

        check_named("--out", out, (".json",))
        load_plugins(plugin or ())
        loaded, plan, workspace = read(study, overrides, runs)
        found = there(loaded, plan, workspace)
        text = kept.results(loaded.study.study, found)
        save(out, text)
        count = f"  {len(found.runs)} of {len(plan.runs)} runs, {bytes_text(len(text))}"
        page.line(Cell(str(out), "title"), Cell(count, "dim"))
        page.table((Cell(one.what, "name"), Cell(one.why)) for one in found.missing)
