"""``compose study``: many runs as one file: made, watched, told."""

from __future__ import annotations

import typer

from compose.cli.commands import Commands
from compose.cli.help import Command
from compose.cli.options import examples
from compose.cli.study import clean, diff, explain, report, results, run, schema, status, stop, work

EXAMPLES = examples(
    "compose study status quick_refil",
    "compose study run quick_refil",
    "compose study run mine/study.yaml --workers 8",
    "compose study report quick_refil -o report.html",
    "compose study COMMAND --help",
)

app = typer.Typer(
    cls=Commands, no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode=None,
    help="Studies: methods, environments and seeds as one file, made into runs, and what they show.",
)
app.command("run", cls=Command, epilog=run.EXAMPLES)(run.run)
app.command("status", cls=Command, epilog=status.EXAMPLES)(status.status)
app.command("report", cls=Command, epilog=report.EXAMPLES)(report.report)
app.command("results", cls=Command, epilog=results.EXAMPLES)(results.results)
app.command("stop", cls=Command, epilog=stop.EXAMPLES)(stop.stop)
app.command("diff", cls=Command, epilog=diff.EXAMPLES)(diff.diff_)
app.command("explain", cls=Command, epilog=explain.EXAMPLES)(explain.explain)
app.command("schema", cls=Command, epilog=schema.EXAMPLES)(schema.schema)
app.command("clean", cls=Command, epilog=clean.EXAMPLES)(clean.clean)
app.command("work", cls=Command, epilog=work.EXAMPLES)(work.work)

__all__ = ["EXAMPLES", "app"]
