"""What a user sees when a spec is wrong: where, what was expected, the nearest right name.

Every problem a user could fix is a :class:`Diagnostic`; a :class:`SpecError` carries one or more of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from compose.language.excerpt import excerpt, printable

Path = tuple[str | int, ...]
"""Where a value stands in a spec: ``("graph", "q_in", "visible")``."""


@dataclass(frozen=True)
class Span:
    """A stretch of one line of a file. Lines and columns count from 1; ``end`` is the column after the last."""

    file: str
    line: int
    column: int
    end: int
    text: str

    def at(self, offset: int, length: int) -> Span:
        """The part of this span that starts ``offset`` characters in (clipped to the line)."""
        start = min(self.column + offset, max(self.end - 1, self.column))
        return Span(self.file, self.line, start, max(start + 1, min(start + length, self.end)), self.text)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """One problem: a stable ``code``, the place in the spec (``where``), the text that set it (``span``)."""

    code: str
    """Stable, such as ``graph.axes``; docs/errors.md lists them."""
    message: str
    """What is wrong."""
    where: str = ""
    """The place in the spec: ``graph.q_in.visible``; empty if it has none."""
    span: Span | None = None
    """The text that set it; None where there is no file."""
    hint: str = ""
    """The nearest right name, or what to do."""
    notes: tuple[str, ...] = ()
    """Further lines."""

    def render(self) -> str:
        """Text for a terminal: ``file:line:column  where: message``, the line, a caret run, notes."""
        head = printable(f"{self.where}: {self.message}" if self.where else self.message)
        hint = printable(self.hint)
        if self.span is None:
            lines = [f"error[{self.code}]  {head}", *([f"  {hint}"] if hint else [])]
        else:
            gutter = " " * len(str(self.span.line))
            text, carets = excerpt(self.span.text, self.span.column, self.span.end)
            lines = [
                f"{printable(str(self.span))}  error[{self.code}]  {head}",
                f"  {self.span.line} | {text}",
                f"  {gutter} | {carets}{' ' + hint if hint else ''}",
            ]
        return "\n".join([*lines, *(f"  = {printable(note)}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """The same as plain data, for tools."""
        place = None if self.span is None else {k: getattr(self.span, k) for k in ("file", "line", "column", "end")}
        return {"code": self.code, "where": self.where, "message": self.message, "hint": self.hint,
                "notes": list(self.notes), "span": place}


class SpecError(Exception):
    """A spec cannot be used; ``diagnostics`` says why, all independent problems at once."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n\n".join(d.render() for d in diagnostics))
        self.diagnostics: tuple[Diagnostic, ...] = diagnostics
        """Every problem that was found."""


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """In the order of the files' lines; what was said twice of one place, once."""
    found: dict[object, Diagnostic] = {}
    for problem in diagnostics:
        found.setdefault((problem.code, problem.message, problem.span or problem.where), problem)
    return sorted(found.values(), key=lambda p: (p.span.file, p.span.line, p.span.column) if p.span else ("", 0, 0))


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``"Did you mean 'x'?"`` for the nearest known name, or an empty string."""
    names = sorted(set(known))
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6) \
        or [name for name in names if name.lower() == str(word).lower()]
    return f"Did you mean '{near[0]}'?" if near else ""


def dotted(path: Path) -> str:
    """``("graph", "q", "of", 0)`` as ``graph.q.of[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
