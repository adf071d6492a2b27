"""Text on a rich console as it is: brackets are no markup, colons no emoji, and nothing in it moves a cursor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compose.language.media import terminal

_ROOM = 80
"""Columns from which on tables have rules."""


def say(console: Console, text: str) -> None:
    """Print text on lines of its own."""
    console.print(shown(text), soft_wrap=True)


def table(console: Console, title: str, names: str, numbers: Sequence[str]) -> Table:
    """A table of ``names``, which wrap where it is narrow, and columns of numbers, which are never cut to fit."""
    box = HEAVY_HEAD if console.width >= _ROOM else None
    made = Table(title=shown(title, "table.title"), title_justify="left", box=box, pad_edge=box is not None)
    made.add_column(names)
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def shown(text: str, style: str = "") -> Text:
    """Text for a table, its title or a line."""
    return Text(terminal(text), style)
