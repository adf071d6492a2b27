"""``compose env``: environments: which there are, what they offer, whether they keep to it, how fast they are."""

from __future__ import annotations

import typer

from compose.cli.commands import Commands
from compose.cli.env import bench, check, describe, list
from compose.cli.help import Command
from compose.cli.options import examples

EXAMPLES = examples(
    "compose env list",
    "compose env describe group_matching",
    "compose env check group_matching",
    "compose env bench group_matching",
    "compose env COMMAND --help",
)

app = typer.Typer(
    cls=Commands, no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode=None,
    help="Environments: which there are, what they offer, whether they keep to it, how fast they are.",
)
app.command("list", cls=Command, epilog=list.EXAMPLES)(list.list_)
app.command("describe", cls=Command, epilog=describe.EXAMPLES)(describe.describe)
app.command("check", cls=Command, epilog=check.EXAMPLES)(check.check)
app.command("bench", cls=Command, epilog=bench.EXAMPLES)(bench.bench)

__all__ = ["EXAMPLES", "app"]
