"""Options that several commands share, and the examples below their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from compose.language.quantities import quantity


def count(text: str | int) -> int:
    """A number above 0: 50000, 50k, 1.5M, 1e6."""
    found = count_or_none(text)
    if not found:
        raise typer.BadParameter("0 is too few")
    return found


def count_or_none(text: str | int) -> int:
    """The same, or 0."""
    found = text if isinstance(text, int) else quantity(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no count; write 50000, 50k or 1M")
    return found


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
