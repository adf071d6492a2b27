"""What became of an edited spec: a sound one, or diagnostics that a reader could follow. Nothing else is allowed."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.proofs import prove
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import validate
from compose.language.resolve import resolve

WITHOUT_PLACE = ("yaml.empty", "yaml.size", "yaml.encoding", "set.syntax")
"""Mistakes of a whole file, and a `--set` that cannot be shown."""


class TooLong(BaseException):
    """No answer in time."""


class Wrong(AssertionError):
    """Neither a spec nor a diagnostic that can be followed."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop whatever computes for longer: by the clock of the process, as machines are busy with other things too."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"no answer after {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(
    text: str | bytes,
    schema: EntitySchema | None,
    overrides: tuple[str, ...] = (),
    *,
    seconds: float = 5.0,
    name: str = "<text>",
) -> Graph | tuple[Diagnostic, ...]:
    """The graph of an edited spec, or what is wrong with it. Raises Wrong for anything else."""

    def make() -> Graph:
        graph = build_graph(validate(resolve(name, overrides, text=text)), schema)
        prove(graph)
        return graph

    return verdict(make, text, seconds=seconds, name=name, overrides=overrides)


def verdict(
    make: Callable[[], Any],
    text: str | bytes,
    *,
    seconds: float = 5.0,
    name: str = "<text>",
    overrides: tuple[str, ...] = (),
) -> Any:
    """What ``make`` gives, or its diagnostics, each of which must stand in the text."""
    try:
        with within(seconds):
            return make()
    except SpecError as error:
        given = {name: text, **dict.fromkeys(["--set"][: len(overrides)], "".join(overrides[:1]))}
        for problem in error.diagnostics:
            if fault := unclear(problem, given):
                raise Wrong(f"{fault}\n{problem.render()}") from error
        return error.diagnostics
    except (Exception, TooLong) as error:
        raise Wrong(f"{type(error).__name__}: {error}") from error


def unclear(problem: Diagnostic, texts: dict[str, str | bytes]) -> str:
    """What keeps a reader from following a diagnostic; empty if nothing does."""
    if not (problem.code and problem.message and problem.render() and problem.as_json()):
        return "says nothing"
    if problem.span is None:
        return "" if problem.code in WITHOUT_PLACE or problem.code.startswith("file.") else "has no place"
    span = problem.span
    if span.file == "--set" and len(texts) > 2:
        return ""
    lines = _lines(texts.get(span.file, span.file if span.file not in texts else ""), span.file in texts)
    if lines is None:
        return f"names a file that is not there: {span.file}"
    if not 1 <= span.line <= max(1, len(lines)):
        return f"points at line {span.line} of {len(lines)}"
    line = lines[span.line - 1] if lines else ""
    if span.text != line.replace("\t", " "):
        return f"shows {span.text!r}, not {line!r}"
    if not (1 <= span.column < span.end <= len(line) + 2 and span.column <= len(line) + 1):
        return f"points at columns {span.column} to {span.end} of {len(line)}"
    return ""


def _lines(text: str | bytes, given: bool) -> list[str] | None:
    if not given:
        return _of_file(str(text))
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", decoded.removeprefix("\ufeff"))


@cache
def _of_file(name: str) -> list[str] | None:
    path = Path(name)
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else None
