"""``compose import pymarl``: a config of PyMARL, PyMARL2 or EPyMARL as a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Json, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose import pymarl config/default.yaml config/algs/qmix.yaml",
    "compose import pymarl config/default.yaml config/algs/qmix.yaml -o my_qmix.yaml",
    "compose import pymarl results/sacred/12/config.json -o run_12.yaml --name run_12",
)
_STYLES = {"carried": "ok", "no meaning": "dim", "not carried": "not proved"}


def pymarl(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help=(
        "Config files in their order, default.yaml first: what comes later counts. Or the config.json of a run."))],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE",
                                                help="Write the spec to a file.")] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME",
                                      help="Name of the spec; that of the config unless told.")] = "",
    json: Json = False,
) -> None:
    """Write a spec that says what a config of PyMARL, PyMARL2 or EPyMARL says.

    The spec extends the library's preset and holds what differs. Comments in
    it say of every key whether it was carried, has no meaning in a spec, or
    could not be carried; with -o, a table says the same. Configs are data:
    nothing in them is run. Exit code 2 if one is no config, or there is no
    preset for its method.
    """
    with reporting(as_json=json):
        from compose.language.atomic_write import save
        from compose.study.pymarl.config import imported
        from compose.study.pymarl.files import read_configs

        made = imported(read_configs(configs), name)
        text = made.text(", ".join(path.name for path in configs))
        if output is not None:
            save(output, text)
        if json:
            print_json({"library": made.origin, "extends": made.preset, "spec": made.patch, "text": text, "keys": [
                {"key": one.key, "value": one.value, "how": one.how, "text": one.text} for one in made.told]})
        elif output is None:
            page.document(text)
        else:
            page.table((Cell(one.how, _STYLES[one.how]), Cell(one.key, "name"), one.value, one.text)
                       for how in _STYLES for one in made.told if one.how == how)
            lost = sum(one.how == "not carried" for one in made.told)
            page.line()
            page.say(f"{output}  {made.origin}, on {made.preset}; {lost or 'no'} key{'s' * (lost != 1)} not carried")
