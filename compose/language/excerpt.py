"""The line that a message shows, with carets below: cut to a width, and nothing in it that a terminal would obey."""

from __future__ import annotations

import unicodedata
from functools import cache

MAX_WIDTH = 200
MARGIN = 60
"""Columns shown before a stretch that stands far to the right."""
HIDDEN = "\N{REPLACEMENT CHARACTER}"
MIMICS = {
    **dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}", "-"), "×": "*", "∗": "*",
    "⋅": "*", "·": "*", "÷": "/", "≤": "<=", "≥": ">=", "∧": "&", "∨": "|", "¬": "~", "“": '"', "”": '"', "‘": "'",
    "’": "'", "，": ",", "：": ":", "（": "(", "）": ")",
}  # fmt: skip
"""What word processors and mathematics write, and what is meant here."""


def excerpt(text: str, column: int, end: int) -> tuple[str, str]:
    """A line's part around columns ``column`` .. ``end`` (from 1, end excluded), and the carets that go below it."""
    text = printable(text)
    start = max(0, column - 1 - MARGIN) if end > MAX_WIDTH else 0
    stop = min(len(text), start + MAX_WIDTH)
    before, marked = text[start : column - 1], text[column - 1 : min(end - 1, stop)]
    left, right = "..." if start else "", "..." if stop < len(text) else ""
    carets = "^" * max(1, width(marked), end - column if end - 1 <= stop else 0)
    return f"{left}{text[start:stop]}{right}", " " * (len(left) + width(before)) + carets


def printable(text: str) -> str:
    """The text with every character that is not shown as itself replaced by one that is."""
    return text if text.isascii() and text.isprintable() else "".join(c if c == "\n" else _shown(c) for c in text)


def unusual(text: str) -> str:
    """What a reader may not see in a name or an expression: its first character that is not ASCII, by its name."""
    odd = next((c for c in text if ord(c) > 126), None)
    if odd is None:
        return ""
    return f"there is a {named(odd)} in it" if _shown(odd) == HIDDEN else f"'{odd}' is {named(odd)}"


def named(character: str) -> str:
    """``U+0435 CYRILLIC SMALL LETTER IE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


@cache
def _shown(character: str) -> str:
    if character == "\t":
        return " "
    return HIDDEN if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else character
