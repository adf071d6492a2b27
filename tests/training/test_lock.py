"""One process at a time trains in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from compose.language.diagnostics import SpecError
from compose.training.lock import NAME, locked
from tests.training.lives import ENVIRONMENT

HOLD = """
import os, sys, time
from pathlib import Path
from compose.training.lock import locked
with locked(Path(sys.argv[1])):
    child = os.fork()
    if not child:
        time.sleep(60)
    print(child, flush=True)
    time.sleep(60)
"""


def refusal(folder: Path) -> str:
    with pytest.raises(SpecError) as refused, locked(folder):
        pytest.fail("it is locked")
    assert refused.value.diagnostics[0].code == "run.locked"
    return refused.value.diagnostics[0].message


def test_a_lock_is_held_and_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path):
            assert os.listdir(tmp_path) == [NAME]
            assert refusal(tmp_path) == "this process is training here"
        assert os.listdir(tmp_path) == []
    with locked(tmp_path / "none"):
        assert os.listdir(tmp_path) == []


def test_a_lock_is_given_back_when_something_goes_wrong(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass


def test_another_process_is_locked_out_until_that_one_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], env=ENVIRONMENT, stdout=subprocess.PIPE) as life:
        assert life.stdout is not None
        child = int(life.stdout.readline())
        try:
            assert refusal(tmp_path).startswith(f"process {life.pid} on ")
            life.kill()
            life.wait()
            os.kill(child, 0)  # what it forked lives on
            with locked(tmp_path):
                assert (tmp_path / NAME).read_text().startswith(f"process {os.getpid()} on ")
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_fork_does_not_hold_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path):
        child = os.fork()
        if not child:
            try:
                with locked(tmp_path):
                    os._exit(1)
            except SpecError:
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pytest.mark.parametrize("make", ["fifo", "link", "folder"])
def test_what_is_no_file_is_no_lock(tmp_path: Path, make: str) -> None:
    path = tmp_path / NAME
    {"fifo": os.mkfifo, "folder": os.mkdir, "link": lambda p: os.symlink("elsewhere", p)}[make](path)
    with pytest.raises(SpecError) as refused, locked(tmp_path):
        pass
    assert refused.value.diagnostics[0].code == "run.lock"
    assert os.listdir(tmp_path) == [NAME]
