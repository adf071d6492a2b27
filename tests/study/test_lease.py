"""Leases: one owner, free again when it dies, whoever else reaches for it at the same moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compose.study.runs import lease
from compose.study.runs.lease import holder, owner_of, take


def written(path: Path, **changed: object) -> None:
    """A lease as somebody else would have written it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = {"host": "elsewhere", "pid": 1, "since": 0.0, "token": "theirs", **changed}
    path.write_text(json.dumps(owner))


def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lease_is_held_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "leases" / "run"
    held = take(path)
    assert held is not None
    assert holder(path) == held.owner
    assert held.owner.pid == os.getpid()
    assert take(path) is None
    held.release()
    assert holder(path) is None
    assert take(path) is not None


def test_the_lease_of_a_dead_process_is_free_at_once(tmp_path: Path) -> None:
    written(tmp_path / "run", host=os.uname().nodename, pid=dead())
    assert holder(tmp_path / "run") is None
    assert take(tmp_path / "run") is not None


def test_another_machine_is_believed_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "run"
    written(path)
    assert take(path) is None
    old = time.time() - lease.STALE - 1
    os.utime(path, (old, old))
    assert holder(path) is None
    assert take(path) is not None


def test_a_lease_that_is_touched_does_not_get_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.01)
    path, beats = tmp_path / "run", []
    held = take(path, lambda: beats.append(1))
    assert held is not None
    old = time.time() - 1000
    os.utime(path, (old, old))
    until = time.monotonic() + 10
    while path.stat().st_mtime < time.time() - 100 and time.monotonic() < until:
        time.sleep(0.01)
    assert holder(path) == held.owner
    assert beats
    held.release()


def test_a_damaged_lease_is_no_owner(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"host": 3}'):
        (tmp_path / "run").write_text(text)
        assert owner_of(tmp_path / "run") is None
        taken = take(tmp_path / "run")
        assert taken is not None
        taken.release()


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_one_gets_it(tmp_path: Path, stale: bool) -> None:
    for turn in range(20):
        path = tmp_path / f"run{turn}"
        if stale:
            written(path, host=os.uname().nodename, pid=dead() if not turn else DEAD)
        with ThreadPoolExecutor(8) as pool:
            got = [one for one in pool.map(lambda _, path=path: take(path), range(8)) if one is not None]
        assert len(got) == 1
        assert holder(path) == got[0].owner
        got[0].release()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".new", ".turn", ".now"))]


DEAD = dead()
