"""``compose env describe``: everything about one environment."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli import complete
from compose.cli.options import Json, Plugin, examples
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose env describe group_matching",
    "compose env describe group_matching/small:slip=0.2",
    "compose env describe smac/3-8sz --json",
    "compose env describe mine/schema.yaml",
)
NAME = "A name of `compose env list`, with options after a colon: group_matching:agents=5,cells=5."


def describe(
    name: Annotated[str, typer.Argument(
        metavar="NAME", autocompletion=complete.envs, help=f"{NAME} Or the path of a schema file.")],
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Describe an environment: who is in it, what they see and do, how episodes end, and what its name may change."""
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.views import env
        from compose.envs.catalogue import resolve

        load_plugins(plugin or ())
        found = resolve(name)
        if json:
            print_json(env.data(found))
        else:
            env.show(found)
