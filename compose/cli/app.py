"""The command ``compose`` and its commands."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Annotated

import typer

from compose.cli import (
    build,
    check,
    compare,
    describe,
    diff,
    env,
    eval,
    explain,
    export_results,
    graph,
    importing,
    list,
    play,
    plot,
    probe,
    resolve,
    runs,
    schema,
    study,
    train,
)
from compose.cli.commands import Commands
from compose.cli.help import Command
from compose.cli.options import examples

app = typer.Typer(
    name="compose", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]}, rich_markup_mode=None,
)

EXAMPLES = examples(
    "compose list specs",
    "compose check refil --env smac/3-8sz",
    "compose build refil --env group_matching",
    "compose diff qmix_attention refil",
    "compose env list",
    "compose train refil_group_matching --env group_matching/small --updates 1500",
    "compose play skirmish/3m --policy nearest --out battle.gif",
    "compose COMMAND --help",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("compose-marl")
        except PackageNotFoundError:
            number = "(a checkout that is not installed)"
        typer.echo(f"compose {number}")
        raise typer.Exit


@app.callback(epilog=EXAMPLES)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Cooperative multi-agent reinforcement learning: a method is a spec file that is checked, compiled and trained."""


app.command("check", cls=Command, epilog=check.EXAMPLES)(check.check)
app.command("build", cls=Command, epilog=build.EXAMPLES)(build.build)
app.command("explain", cls=Command, epilog=explain.EXAMPLES)(explain.explain)
app.command("diff", cls=Command, epilog=diff.EXAMPLES)(diff.diff_)
app.command("compare", cls=Command, epilog=compare.EXAMPLES)(compare.compare)
app.command("export-results", cls=Command, epilog=export_results.EXAMPLES)(export_results.export_results)
app.command("graph", cls=Command, epilog=graph.EXAMPLES)(graph.graph)
app.command("resolve", cls=Command, epilog=resolve.EXAMPLES)(resolve.resolve)
app.command("schema", cls=Command, epilog=schema.EXAMPLES)(schema.schema)
app.command("list", cls=Command, epilog=list.EXAMPLES)(list.list_)
app.command("describe", cls=Command, epilog=describe.EXAMPLES)(describe.describe)
app.add_typer(env.app, name="env")
app.add_typer(importing.app, name="import")
app.command("train", cls=Command, epilog=train.EXAMPLES)(train.train)
app.command("runs", cls=Command, epilog=runs.EXAMPLES)(runs.runs)
app.add_typer(study.app, name="study")
app.command("eval", cls=Command, epilog=eval.EXAMPLES)(eval.eval_)
app.command("play", cls=Command, epilog=play.EXAMPLES)(play.play)
app.command("plot", cls=Command, epilog=plot.EXAMPLES)(plot.plot)
app.command("probe", cls=Command, epilog=probe.EXAMPLES)(probe.probe)


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """The application with the one command that the arguments begin with: describing all of them takes longer than most
    commands. Whole if they begin with none."""
    asked = arguments[0] if arguments else ""
    commands = [command for command in app.registered_commands if command.name == asked]
    groups = [group for group in app.registered_groups if group.name == asked]
    if not commands and not groups:
        return app
    one = copy(app)
    one.registered_commands, one.registered_groups = commands, groups
    return one
