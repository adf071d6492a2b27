"""Options that several commands share, and the examples below their help."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from compose.cli import complete
from compose.language.numerals import quantity

MOST = 10**15
"""Of counts on the command line: steps, episodes, updates."""
AT_A_TIME = 10**6
"""Of episodes that are played for one number."""
LARGEST_SEED = 2**63 - 1


def finite(number: float | None) -> float | None:
    """The callback of options that take any number, but not nan, which no bound keeps out."""
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number} is no number.")
    return number


def counting(least: int, most: int) -> Callable[[str | int], int]:
    """The parser of an option that is a count between these: 50000, 50k, 1.5M, 1e6."""
    def count(text: str | int) -> int:
        found = text if isinstance(text, int) else quantity(text.strip())
        if found is None:
            raise typer.BadParameter(f"{text!r} is no count; write 50000, 50k or 1M")
        if not least <= found <= most:
            raise typer.BadParameter(f"{found} is not in the range {least}<=x<={most}")
        return found

    return count


count, episodes_count, count_or_none = counting(1, MOST), counting(1, AT_A_TIME), counting(0, AT_A_TIME)


SPEC = "A packaged spec such as refil, or a path such as mine/refil.yaml."
Spec = Annotated[str, typer.Argument(metavar="SPEC", help=SPEC, autocompletion=complete.specs)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the spec, e.g. params.lambda=0.7; repeatable."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="ENV", autocompletion=complete.envs,
                 help="Environment, e.g. smac/3-8sz or group_matching:agents=5,cells=5."),
]
Plugin = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="Python file with blocks or environments of your own; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for tools.")]
Device = Annotated[str, typer.Option("--device", metavar="DEVICE", help="cpu, cuda, cuda:1 ...")]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, max=1024, help="Threads of torch."),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="How to print results and mistakes; json is --json.")
]


def examples(*commands: str) -> str:
    """The text below a command's help: one real command a line."""
    return "\n".join(["Examples:", *(f"  $ {command}" for command in commands)])
