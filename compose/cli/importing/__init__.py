"""``compose import``: configs and weights of other libraries."""

from __future__ import annotations

import typer

from compose.cli.commands import Commands
from compose.cli.help import Command
from compose.cli.importing import pymarl, pymarl_weights
from compose.cli.options import examples

EXAMPLES = examples(
    "compose import pymarl config/default.yaml config/algs/qmix.yaml -o my_qmix.yaml",
    "compose import pymarl-weights models/qmix/2000000 --spec my_qmix.yaml --env skirmish/3m -o qmix.safetensors",
    "compose import COMMAND --help",
)

app = typer.Typer(
    cls=Commands, no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode=None,
    help="Bring configs and weights of other libraries.",
)
app.command("pymarl", cls=Command, epilog=pymarl.EXAMPLES)(pymarl.pymarl)
app.command("pymarl-weights", cls=Command, epilog=pymarl_weights.EXAMPLES)(pymarl_weights.pymarl_weights)

__all__ = ["EXAMPLES", "app"]
