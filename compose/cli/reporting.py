"""What a command prints when something is wrong, and the exit code that goes with it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.media import plain_json

if TYPE_CHECKING:
    from rich.text import Text

    from compose.cli.lines import Lines

FAILED, WRONG, STOPPED = 1, 2, 130
"""Exit codes: a check failed; a mistake in what was given; interrupted."""


@contextmanager
def reporting(*, as_json: bool = False, lines: Lines | None = None, stopped: str = "interrupted") -> Iterator[None]:
    """Turn mistakes a user can fix into messages and an exit code, never a traceback.

    Diagnostics go to stderr, or as JSON to stdout, or as the last of ``lines``. ``stopped`` is what an interrupted
    command says.
    """
    try:
        yield
    except SpecError as error:
        _tell(error.diagnostics, as_json, lines)
        raise typer.Exit(WRONG) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        _tell([Diagnostic("file", f"{name}{(error.strerror or str(error)).lower()}")], as_json, lines)
        raise typer.Exit(WRONG) from None
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        _tell([memory_ends()], as_json, lines)
        raise typer.Exit(WRONG) from None
    except KeyboardInterrupt:
        if lines is not None:
            lines({"event": "interrupted"})
        typer.echo(f"\n{stopped}", err=True)
        raise typer.Exit(STOPPED) from None


def print_json(data: object) -> None:
    """One JSON document on stdout."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    typer.echo(plain_json(data, indent=2, ascii_only=ascii_only))


def _tell(diagnostics: Sequence[Diagnostic], as_json: bool, lines: Lines | None) -> None:
    """Diagnostics as JSON on stdout, or if that takes nothing any more, and where none is asked for, on stderr."""
    if lines is not None:
        lines({"event": "error", "diagnostics": [d.as_json() for d in diagnostics]})
        if not lines.gone:
            return
    elif as_json:
        try:
            print_json({"ok": False, "diagnostics": [d.as_json() for d in diagnostics]})
            return
        except OSError:
            pass
    show(diagnostics)


def memory_ends() -> Diagnostic:
    """What is said of :func:`out_of_memory`."""
    hint = "lower what the spec or the environment makes large: widths, batch, environments, episodes"
    return Diagnostic("memory", "there is not enough memory for this", hint=hint)


def out_of_memory(error: BaseException) -> bool:
    """Torch raises a bare RuntimeError where the CPU's memory ends."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or "allocate memory" in str(error)


def show(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics on stderr, a blank line between them, coloured on a terminal."""
    texts = [d.render() for d in diagnostics]
    if not sys.stderr.isatty():
        typer.echo("\n\n".join(texts), err=True)
        return
    from compose.language.console import console

    out = console(stderr=True)
    for i, text in enumerate(texts):
        out.print(*([""] if i else []), _coloured(text), sep="\n", soft_wrap=True)


def _coloured(text: str) -> Text:
    """A rendered diagnostic with its code and carets in red, the quoted line and notes dimmed."""
    from rich.text import Text

    coloured = Text(text)
    coloured.highlight_regex(r"error\[[^\]]*\]", "bold red")
    coloured.highlight_regex(r"(?m)^\s+\^+", "bold red")
    coloured.highlight_regex(r"(?m)^ +\d+ \|", "dim")
    coloured.highlight_regex(r"(?m)^  = .*$", "dim")
    return coloured
