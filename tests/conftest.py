"""How long things take is no matter of these tests: machines are noisy. Pictures that nobody looks at are not drawn."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from typer import testing

settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
testing._get_command = cache(testing._get_command)
"""The command line is put together once, not for every command that a test calls."""


@pytest.fixture(autouse=True)
def _sketches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings end with a picture of their learning, which takes longer than the training: it is drawn in tests that
    are marked ``draws``; elsewhere the file holds a word."""
    summary = sys.modules.get("compose.training.summary")
    if summary is not None and not request.node.get_closest_marker("draws"):
        monkeypatch.setattr(summary, "draw_curve", _sketch)


def _sketch(path: Path, *rest: object) -> None:
    from compose.training.folder import write_whole

    write_whole(path, b"a picture")
