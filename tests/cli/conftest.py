"""Running the command line inside the test process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from compose.cli.app import app

Run = Callable[..., "Ran"]


class Ran:
    """What a command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def called(*arguments: str) -> Ran:
    """Call a command; nothing but an exit may come out of it."""
    result = CliRunner().invoke(app, list(arguments), prog_name="compose")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def run() -> Run:
    """``run("check", "refil")``."""
    return called
