"""Text of users on its way into other languages: one function for each of them, and no other way in.

Text of users is whatever a spec, a schema, a scenario, a plug-in, the name of a file or the command line says. Names
among it are restricted where they are read (:data:`~compose.language.values.Name`,
:data:`~compose.language.values.Label`); nothing here relies on that.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from compose.language.excerpt import printable

_MEANING = re.compile(r"([\\`*<>|~\[\]#$]|&(?=#?\w+;)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|"
                      r"(?<=[A-Za-z]):(?=//)|(?<=[Ww]{3})\.|(?<=\w)@(?=\w))")
"""What Markdown reads as its own: marks and addresses."""
_LIST = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")


def terminal(text: str) -> str:
    """For a terminal, a pipe or a log: nothing in it moves a cursor, hides, or turns the direction of writing."""
    return printable(text)


def one_line(text: str) -> str:
    """:func:`terminal` without line breaks: for cells of tables, and comments of Python and YAML up to a line's end."""
    return printable(text.replace("\n", " "))


def plain_json(data: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """JSON whose text is fit for :func:`terminal`; what is not printable is written as its number."""
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only, separators=None if indent else (",", ":"))
    return re.sub(r"[^\n -~]", lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)


def docstring(text: str) -> str:
    """For a docstring between three double quotes, line by line: a text is filled first and then goes through this."""
    return printable(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def literal(text: str) -> str:
    """A Python expression whose value is the text."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def markup(text: str) -> str:
    """Characters that XML and HTML have. Whoever writes elements escapes them (:mod:`xml.etree`, :func:`html`)."""
    return printable(text)


def html(text: str) -> str:
    """For HTML, between tags or in a quoted attribute."""
    return escape(printable(text))


def markdown(text: str, *, first: bool = False) -> str:
    """For a line of Markdown: it is shown as it is, makes no element and ends no cell of a table.

    Args:
        first: It begins a line or an item, so it could be the beginning of a list.
    """
    text = _MEANING.sub(r"\\\1", " ".join(printable(text).split()))
    return _LIST.sub(r"\1\\\2", text) if first else text


def code_span(text: str) -> str:
    """Markdown's `code`; in a table, where a bar ends even code, :func:`code_cell`."""
    text = " ".join(printable(text).split())
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_cell(text: str) -> str:
    """:func:`code_span` in a table."""
    return code_span(text).replace("|", "\\|")


def code_block(text: str, about: str = "") -> str:
    """Markdown's fenced block; ``about`` stands behind the opening fence."""
    text = printable(text).rstrip("\n")
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence}{about}\n{text}\n{fence}"


def mermaid(text: str) -> str:
    """For a quoted label: what Mermaid or HTML would read as its own goes in as a numbered character."""
    special = "#\"<>&`|{}[]()\\;$"
    lines = printable(text).split("\n")
    return "<br/>".join("".join(f"#{ord(c)};" if c in special else c for c in line) for line in lines)


def picture(text: str) -> str:
    """For matplotlib: no mathematics, and no label is taken for a hidden one."""
    return ("\N{HAIR SPACE}" if text.startswith("_") else "") + printable(text).replace("$", "\\$")


@contextmanager
def drawing() -> Iterator[None]:
    """Around drawing with matplotlib: its own text, whatever a user's settings say (no LaTeX), and no word about
    letters that its font lacks."""
    import matplotlib

    with matplotlib.rc_context({"text.usetex": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield
