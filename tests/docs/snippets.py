"""The code blocks of a Markdown page, in the order of the page."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- (?P<text>[^\n]*?) -->")
MARKS = ("long", "slow", "broken", "not run: ")
"""What a comment on the line before a block may say.

``long``: a training, made short but for the long tests; its numbers differ between machines. ``slow``: run by the
long tests only. ``broken``: a spec that a command then refuses. ``not run``: with the reason.
"""


@dataclass(frozen=True)
class Snippet:
    """One block: its language, the file that its ``title="..."`` names, and the mark on the line before it."""

    line: int
    language: str
    title: str
    text: str
    mark: str


def snippets(page: str) -> list[Snippet]:
    """All fenced blocks of a page; a comment ``<!-- run: COMMAND -->`` is a console block that nobody sees."""
    found = []
    for match in FENCE.finditer(page):
        language, _, rest = match["info"].strip().partition(" ")
        title = re.search(r'title="([^"]*)"', rest)
        text = textwrap.dedent(match["text"])
        found.append(Snippet(_line(page, match), language, title[1] if title else "", text, _mark(page, match.start())))
    fenced = [match.span() for match in FENCE.finditer(page)]
    for match in COMMENT.finditer(page):
        inside = any(start < match.start() < end for start, end in fenced)
        if match["text"].startswith("run: ") and not inside:
            text = f"$ {match['text'].removeprefix('run: ')}\n"
            found.append(Snippet(_line(page, match), "console", "", text, ""))
    return sorted(found, key=lambda snippet: snippet.line)


def _line(page: str, match: re.Match[str]) -> int:
    return page.count("\n", 0, match.start()) + 1


def _mark(page: str, start: int) -> str:
    """The comment on the line before a block, if it is a mark."""
    before = page[:start].rstrip(" ").removesuffix("\n").rpartition("\n")[2].strip()
    match = COMMENT.fullmatch(before)
    return match["text"] if match and match["text"].startswith(MARKS) else ""


@dataclass(frozen=True)
class Command:
    """One command of a console block and the output shown below it."""

    text: str
    shown: str


def commands(block: str) -> list[Command]:
    """The commands of a console block; a backslash at the end of a line joins the next one to it."""
    found: list[list[str]] = []
    joined = block.replace("\\\n", " ")
    for line in joined.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found:
            found[-1][1] += line + "\n"
        else:
            raise ValueError(f"a console block begins with a command, not with {line!r}")
    return [Command(text, shown.strip("\n")) for text, shown in found]
