"""Where a value comes from: the line that set it, and what that line overrode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from compose.language.diagnostics import Path, Span
from compose.language.files import packaged_specs
from compose.language.overrides import FILE
from compose.language.resolve import Document

MISSING = object()


@dataclass(frozen=True)
class Origin:
    """A value and the text that set it.

    ``inside`` is set where the value went away because the mapping at that path was replaced as a whole; ``span`` is
    then the mapping's.
    """

    value: Any
    span: Span
    inside: Path = ()


def origins(document: Document, at: Path) -> list[Origin]:
    """What was said at a path, the newest first. Nothing if no file says anything there (a default)."""
    value = dig(document.data, at)
    if value is MISSING:
        return []
    found = [Origin(value, document.span(at)), *(Origin(*past) for past in document.history.get(at, ()))]
    for n in range(len(at) - 1, 0, -1):
        for past in document.history.get(at[:n], ()):
            before = dig(past.value, at[n:])
            if before is not MISSING:
                found.append(Origin(before, past.span, at[:n]))
    return found


def dig(data: Any, at: Path) -> Any:
    """What stands at a path in plain data; ``MISSING`` if nothing does."""
    for part in at:
        inside = dict(enumerate(data)) if isinstance(data, list) else data if isinstance(data, Mapping) else {}
        if part not in inside:
            return MISSING
        data = inside[part]
    return data


def place(span: Span) -> str:
    """``mine/refil.yaml:31``, ``packaged spec refil.yaml:31`` where that lies elsewhere, or the ``--set`` item."""
    if span.file == FILE:
        return f"--set {span.text}"
    file = FilePath(span.file)
    away = file.is_absolute() and file.parent == packaged_specs().resolve()
    return f"packaged spec {file.name}:{span.line}" if away else f"{span.file}:{span.line}"


def short_place(span: Span) -> str:
    """The same for columns and comments: a packaged spec by its name alone."""
    return "--set" if span.file == FILE else f"{short_file(span.file)}:{span.line}"


def short_file(name: str) -> str:
    """A packaged spec by its name alone; any other file as messages call it."""
    file = FilePath(name)
    return file.name if (FilePath.cwd() / file).parent == packaged_specs().resolve() else name
