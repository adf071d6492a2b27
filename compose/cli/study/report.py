"""``compose study report``: what a study found, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compose.cli import page
from compose.cli.options import Json, Plugin, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting
from compose.cli.study.options import RUNS, Runs, Set, Study, read

if TYPE_CHECKING:
    from compose.study.report.asked import Asked
    from compose.study.verdicts import Verdict

EXAMPLES = examples(
    "compose study report quick_refil",
    "compose study report mine/study.yaml -o report.html",
    "compose study report quick_refil --json",
    "compose study report refil_lambda --results docs/results/refil_lambda.json",
)
STYLES = {"held": "ok", "contradicted": "wrong", "not shown": "not proved"}


def report(
    study: Study, runs: Runs = RUNS,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.html", help="The page.")] = Path("report.html"),
    results: Annotated[Path | None, typer.Option("--results", metavar="FILE.json", help=(
        "Of what `compose study results` has written, instead of runs here."))] = None,
    overrides: Set = None, plugin: Plugin = None, json: Json = False,
) -> None:
    """Say what became of a study's claims; write a page with curves, tables and cost.

    A claim is held if the 95 % interval of the difference bears it out,
    contradicted if it bears out the contrary, and else not shown. The page needs
    no network. Runs that are missing are named in it. --json prints instead.
    """
    with reporting(as_json=json):
        from compose.cli.files import check_named
        from compose.cli.plugins import load_plugins
        from compose.language.atomic_write import save
        from compose.study.report.page import as_page
        from compose.study.report.studies import asked, there
        from compose.study.results import read_results

        if not json:
            check_named("--out", out, (".html",))
        load_plugins(plugin or ())
        loaded, plan, workspace = read(study, overrides, runs)
        kept = read_results(results, plan) if results else there(loaded, plan, workspace)
        found = asked(loaded, plan, kept)
        verdicts = {name: found.verdict(claim)[0] for name, claim in found.claims.items()}
        if json:
            print_json(_data(found, verdicts))
            return
        save(out, as_page(found))
        count = sum(len(side.every()) for side in found.methods.values())
        page.line(Cell(str(out), "title"), Cell(f"  {count} of {len(plan.runs)} runs", "dim"))
        if kept.changed:
            page.say(f"{len(kept.changed)} of them would be others today: their spec, environment or settings have "
                     f"changed since, of {kept.changed[0]} say")
        page.table((Cell(one.outcome, STYLES[one.outcome]), Cell(name, "name"), Cell(f"{one.claim}: {one.why}"))
                   for name, one in verdicts.items())


def _data(found: Asked, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    from compose.study.report.tables import table

    tables = [table(found, at) for at in found.at or (None,)]
    return {
        "ok": True, "study": found.title, "measure": found.measure,
        "claims": {name: {"claim": str(one.claim), "outcome": one.outcome, "why": one.why,
                          "difference": None if one.found is None else [
                              float(x) for x in (one.found.difference.value, one.found.difference.low,
                                                 one.found.difference.high)],
                          "runs": {} if one.found is None else one.found.runs} for name, one in verdicts.items()},
        "iqm": [{"at": one.at, "methods": {name: {env: None if cell.found is None else [
            float(x) for x in (cell.found.value, cell.found.low, cell.found.high)]
            for env, cell in zip(one.columns, cells, strict=True)} for name, cells in one.rows.items()}}
            for one in tables],
        "missing": [{"what": one.what, "why": one.why} for one in found.missing],
    }  # fmt: skip
