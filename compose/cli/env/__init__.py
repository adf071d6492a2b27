"""``compose env``: environments: which there are, what they offer, whether they keep to it, how fast they are."""

from __future__ import annotations

import typer

from compose.cli.env import bench, check, describe, list
from compose.cli.options import examples

EXAMPLES = examples(
    "compose env list",
    "compose env describe group_matching",
    "compose env check group_matching",
    "compose env bench group_matching",
    "compose env COMMAND --help",
)

app = typer.Typer(
    no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode="rich",
    help="Environments: which there are, what they offer, whether they keep to it, how fast they are.",
)
app.command("list", epilog=list.EXAMPLES)(list.list_)
app.command("describe", epilog=describe.EXAMPLES)(describe.describe)
app.command("check", epilog=check.EXAMPLES)(check.check)
app.command("bench", epilog=bench.EXAMPLES)(bench.bench)

__all__ = ["EXAMPLES", "app"]
