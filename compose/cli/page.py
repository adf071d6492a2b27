"""Text for people: aligned columns, at most 100 wide, coloured on a terminal only. What is printed is printable."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import typer

from compose.language.media import one_line, terminal

MOST, LEAST = 100, 24
STYLES = {
    "proved": "green", "ok": "green", "not proved": "yellow", "refuted": "red", "wrong": "red", "not applicable": "dim",
    "dim": "dim", "name": "cyan", "title": "bold", "added": "green", "removed": "red", "changed": "yellow",
}  # fmt: skip
"""What a style means to rich."""


@dataclass(frozen=True)
class Cell:
    """One entry of a table: its text, on one line, a style of :data:`STYLES`, whether it stands at the right."""

    text: str
    style: str = ""
    right: bool = False


Part = str | Cell
"""A cell, or its bare text."""


def width() -> int:
    """Columns to fill: those of the terminal, at most 100; 100 where there is none."""
    return min(MOST, shutil.get_terminal_size((MOST, 24)).columns) if sys.stdout.isatty() else MOST


def line(*parts: Part, indent: int = 0) -> None:
    """Print one line of parts, one after the other."""
    _emit([Cell(" " * indent), *map(_cell, parts)])


def title(text: str, *parts: Part) -> None:
    """Print a heading after a blank line."""
    line()
    line(Cell(text, "title"), *(Cell(f"  {_cell(p).text}", "dim") for p in parts))


def paragraph(text: str, *, indent: int = 0, style: str = "") -> None:
    """Print text filled to the width, one paragraph."""
    for part in textwrap.wrap(text, width() - indent) or [""]:
        line(Cell(part, style), indent=indent)


def table(rows: Iterable[Sequence[Part]], *, indent: int = 2, gap: int = 2) -> None:
    """Print rows in columns; the last column wraps under itself. Rows may differ in length."""
    cells = [[_cell(part) for part in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    wide = [max((len(row[i].text) for row in cells if i < len(row) - 1), default=0) for i in range(columns)]
    for row in cells:
        start = indent + sum(wide[i] + gap for i in range(len(row) - 1))
        last = row[-1]
        lines = textwrap.wrap(last.text, max(LEAST, width() - start), break_on_hyphens=False) or [""]
        if last.right:
            lines = [last.text.rjust(max(len(r[-1].text) for r in cells if len(r) == len(row)))]
        head = [Cell(" " * indent)]
        for cell, n in zip(row[:-1], wide, strict=False):
            head += [Cell((cell.text.rjust if cell.right else cell.text.ljust)(n), cell.style), Cell(" " * gap)]
        _emit([*head, Cell(lines[0], last.style)])
        for text in lines[1:]:
            _emit([Cell(" " * start), Cell(text, last.style)])


def say(text: str) -> None:
    """Print text on lines of its own."""
    typer.echo(terminal(text))


def document(text: str) -> None:
    """Print a text that was written for its own language."""
    typer.echo(text, nl=False)


def _cell(part: Part) -> Cell:
    cell = part if isinstance(part, Cell) else Cell(part)
    return cell if cell.text.isascii() and cell.text.isprintable() else replace(cell, text=one_line(cell.text))


def _emit(cells: Sequence[Cell]) -> None:
    if not sys.stdout.isatty():
        typer.echo("".join(cell.text for cell in cells).rstrip())
        return
    from rich.text import Text

    from compose.language.console import console

    text = Text.assemble(*((cell.text, STYLES.get(cell.style, "")) for cell in cells))
    console().print(text, soft_wrap=True)
