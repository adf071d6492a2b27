"""Records for programs: one JSON document a line on standard output, written at once."""

from __future__ import annotations

import signal
import sys
from typing import Any

import typer

from compose.language.media import plain_json


class Lines:
    """Prints records. A reader that is gone interrupts like Ctrl-C, so that what runs is saved; then :attr:`gone`."""

    def __init__(self) -> None:
        self.gone = False

    def __call__(self, record: dict[str, Any]) -> None:
        """Print a record, unless nobody reads any more."""
        if self.gone:
            return
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        try:
            typer.echo(plain_json(record, ascii_only=ascii_only))
        except BrokenPipeError:
            self.gone = True
            signal.raise_signal(signal.SIGINT)
