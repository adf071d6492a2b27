"""A run that ends at any operation on a file goes on bit for bit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from compose.training import run as running
from compose.training import summary
from compose.training.checkpoint import latest, read_state
from compose.training.folder import RunFolder, write_whole
from tests.training.test_run import go, logs, same

OPERATIONS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"}
SMALL = {"updates": 6, "checkpoint_updates": 2, "eval_every": 12, "log_every": 6, "chance_episodes": 2}


class Killed(BaseException):
    """Stands for the end of the process; nothing that trains may catch it."""


class Countdown:
    """Raises at the n-th operation on a file of the run since :meth:`start`. Audit hooks stay for good: one for all."""

    def __init__(self) -> None:
        self.left, self.made, self.folder = 0, 0, ""
        sys.addaudithook(self._note)

    def start(self, folder: Path, at: int | None) -> None:
        self.folder, self.made, self.left = str(folder), 0, at or sys.maxsize

    def stop(self) -> int:
        """How many operations there were."""
        self.folder = ""
        return self.made

    def _note(self, event: str, details: tuple[Any, ...]) -> None:
        if not self.folder or event not in OPERATIONS or (event == "open" and self.folder not in str(details[0])):
            return
        self.made += 1
        if self.made == self.left:
            self.stop()
            raise Killed


COUNTDOWN = Countdown()


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_spec_text", lambda spec: "linear\n")
    monkeypatch.setattr(summary, "draw_curve", lambda path, *_: write_whole(path, b"a picture"))


def life(folder: Path, at: int | None) -> int:
    """Begin or go on, until the operation ``at``; how many there were."""
    COUNTDOWN.start(folder, at)
    try:
        go(folder, resume=(folder / "run.json").exists(), **SMALL)
    except Killed:
        assert at is not None
    return COUNTDOWN.stop()


def as_it_should_be(whole: Path, folder: Path) -> None:
    same(whole, folder)
    assert logs(whole) == logs(folder)
    assert {path.name for path in folder.iterdir()} == {path.name for path in whole.iterdir()}
    assert list(folder.rglob(".tmp-*")) == []
    chunks = {name for path in (folder / "checkpoints").glob("0*") for name in read_state(path)["chunks"]}
    assert {path.stem for path in (folder / "replay").iterdir()} == chunks
    assert read_state(latest(RunFolder(folder)))["clocks"]["updates"] == SMALL["updates"]


@pytest.mark.slow
@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_at_any_operation_on_a_file(tmp_path: Path, every: int) -> None:
    operations = life(tmp_path / "whole", None)
    assert operations > 100
    for at in range(1, operations + 1, every):
        folder = tmp_path / str(at)
        life(folder, at)
        life(folder, 1 + at * 37 % 61)  # once more, while it goes on
        life(folder, None)
        as_it_should_be(tmp_path / "whole", folder)


@pytest.mark.parametrize("at", range(1, 12))
def test_a_kill_before_the_first_checkpoint(tmp_path: Path, at: int) -> None:
    folder = tmp_path / "run"
    life(folder, at)
    life(folder, None)
    life(tmp_path / "whole", None)
    as_it_should_be(tmp_path / "whole", folder)
