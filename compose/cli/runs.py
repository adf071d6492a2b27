"""``compose runs``: what lies among the runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete, page
from compose.cli.options import Json, examples
from compose.cli.reporting import print_json, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.study.runs.listing import Listed

EXAMPLES = examples(
    "compose runs",
    "compose runs runs/mine --spec refil --json",
)


def runs(
    folder: Annotated[Path, typer.Argument(
        metavar="DIR", autocompletion=complete.runs, help="A folder, looked through with those below it.",
    )] = Path("runs"),
    spec: Annotated[str | None, typer.Option("--spec", metavar="PART", help="Only specs named so, or in part."
    )] = None,
    env: Annotated[str | None, typer.Option("--in", metavar="PART", help="Only environments with this in it.")] = None,
    json: Json = False,
) -> None:
    """List runs: spec, environment, seed, how far each is, what its last evaluations reached, its size.

    `running` are those that a process trains in now; `stopped` ones go on with `compose train ... --resume`.
    """
    with reporting(as_json=json):
        from compose.study.runs.listing import runs_in

        if not folder.is_dir():
            text = f"there is no folder {folder}"
            raise SpecError(Diagnostic("run.missing", text, hint="`compose train` makes runs/ in the current folder"))
        found = [one for one in runs_in(folder) if (spec or "") in one.spec and (env or "") in one.env]
        if json:
            print_json({"runs": [one.data() for one in found]})
            return
        if not found:
            page.say(f"{folder}: no runs")
            return
        _show(found, folder)


def _show(found: list[Listed], folder: Path) -> None:
    from rich.table import Table

    from compose.language.console import console
    from compose.language.numerals import bytes_text
    from compose.training.say import say, shown

    out = console()
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("state", "env steps", "solved", "return", "size"):
        rows.add_column(name, justify="left" if name == "state" else "right", no_wrap=True)
    rows.add_column("run", overflow="fold")
    for one in found:
        steps = f"{one.clocks['env_steps']:,}" if one.clocks else ""
        score = (f"{one.score['success']:.2f}", f"{one.score['returned']:.2f}") if one.score else ("", "")
        path = one.path.relative_to(folder) if one.path != folder else one.path
        rows.add_row(one.state, steps, *score, bytes_text(one.bytes), shown(str(path)))
    out.print(rows)
    say(out, f"{folder}: {len(found)} run{'s' * (len(found) > 1)}, {bytes_text(sum(one.bytes for one in found))}")
    for one in found:
        if one.problem:
            say(out, one.problem)
