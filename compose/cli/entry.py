"""The entry point ``compose``: whatever happens, what a person reads is a line or two."""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import TypeVar

STOPPED = 130
Code = TypeVar("Code")


def main() -> None:
    """Run a command and exit.

    Exit codes: 0 fine, 1 a check failed, 2 a mistake in what was given, 70 one of ours, 130 stopped.
    """
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupt)
        _prepare()
        from compose.cli.app import app_for

        app_for(sys.argv[1:])(prog_name="compose")
    except SystemExit as end:
        sys.exit(_flushed(STOPPED if asked and end.code == 1 else end.code))
    except KeyboardInterrupt:
        sys.exit(_stopped())
    except Exception as error:
        if asked:  # libraries turn an interrupt that meets them half imported into errors of many kinds
            sys.exit(_stopped())
        from compose.cli.failure import explained

        sys.exit(_flushed(explained(error)))


def _prepare() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever called
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to stop


def _stopped() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("\ninterrupted", file=sys.stderr)
    return _flushed(STOPPED)


def _flushed(code: Code) -> Code:
    """The exit code, once all is written; readers that are gone missed nothing that they wanted."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code
