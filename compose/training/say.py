"""Text on a rich console as it is: brackets are no markup, colons no emoji, and nothing in it moves a cursor."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from compose.language.media import terminal


def say(console: Console, text: str) -> None:
    """Print text on lines of its own."""
    console.print(shown(text), soft_wrap=True)


def shown(text: str, style: str = "") -> Text:
    """Text for a table, its title or a line."""
    return Text(terminal(text), style)
