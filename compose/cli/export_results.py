"""``compose export-results``: evaluations of runs for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from compose.cli import page
from compose.cli.options import Json, examples
from compose.cli.page import Cell
from compose.cli.plot import Runs, tell
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose export-results runs/refil runs/qmix --format marl-eval -o results.json",
    "compose export-results runs/study --format csv -o episodes.csv",
)
ENDINGS = {"marl-eval": (".json",), "csv": (".csv",)}


def export_results(
    runs: Runs,
    format: Annotated[Literal["marl-eval", "csv"], typer.Option(
        "--format", help="The JSON of marl-eval, or a CSV with a row for each episode.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="FILE.json or FILE.csv.")],
    window: Annotated[int, typer.Option("--window", metavar="N", min=1, max=1000, help=(
        "Evaluations whose episodes are the absolute metric of marl-eval."))] = 5,
    json: Json = False,
) -> None:
    """Write what runs were evaluated to, for other tools.

    marl-eval wants as many runs and evaluations of every method in every task:
    what does not fit is left out, and said.
    """
    with reporting(as_json=json):
        from compose.cli.files import check_named
        from compose.language.atomic_write import save
        from compose.language.media import plain_json
        from compose.study.export.marl_eval import marl_eval
        from compose.study.export.table import table
        from compose.study.gathering import lines

        check_named("--out", out, ENDINGS[format])
        found, left_out = lines(runs)
        if format == "csv":
            save(out, table(found))
        else:
            data, more = marl_eval(found, window)
            left_out += more
            save(out, plain_json(data) + "\n")
        if json:
            print_json({"ok": True, "file": str(out), "lines": [
                {"spec": line.name, "env": line.env, "runs": len(line.runs)} for line in found],
                "left_out": [{"what": one.what, "why": one.why} for one in left_out]})
            return
        names, envs = {line.name for line in found}, {line.env for line in found}
        counts = sum(len(line.runs) for line in found), len(names), len(envs)
        page.line(Cell(str(out), "title"), Cell("  {} runs, {} specs, {} environments".format(*counts), "dim"))
        tell(left_out)
