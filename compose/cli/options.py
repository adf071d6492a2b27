"""Options that several commands share, and the examples below their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the spec, e.g. params.lambda=0.7; repeatable."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="ENV", help="Environment, e.g. smac/3-8sz or group_matching:agents=5,cells=5."),
]
Plugin = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="Python file with blocks or environments of your own; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for tools.")]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="How to print results and mistakes; json is --json.")
]
SPEC = "A packaged spec such as refil, or a path such as mine/refil.yaml."


def examples(*commands: str) -> str:
    """The text below a command's help: one real command a line."""
    return "\n".join(["Examples:", *(f"  $ {command}" for command in commands)])
