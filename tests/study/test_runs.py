"""Runs by content: shared, never made twice, taken up where they stand; workers that die, fail, or are to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from compose.study.runs import work
from compose.study.runs.changes import changes, told
from compose.study.runs.cleaning import disused, remove
from compose.study.runs.lease import lease_path, take
from compose.study.runs.planned import planned, run_path
from compose.study.runs.standing import Standing, standings
from compose.study.runs.work import Worker
from compose.study.runs.workspace import Tries, Workspace
from compose.training.checkpoint import latest
from compose.training.folder import RunFolder
from tests.study.small import TEXT, begin, read

ROOT = Path(__file__).resolve().parents[2]
LONGER = TEXT.replace("updates: 3", "updates: 5")


@pytest.fixture(autouse=True)
def _threads() -> object:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def states(workspace: Workspace, text: str = TEXT) -> list[str]:
    plan = planned(read(workspace.runs.parent, text))
    return [one.state for one in standings(workspace, plan.runs)]


def contents(workspace: Workspace) -> dict[str, bytes]:
    """Weights and evaluations of every run."""
    found = {}
    plan = workspace.plan()
    assert plan is not None
    for run in plan.runs:
        path = run_path(workspace.runs, run)
        checkpoint = latest(RunFolder(path))
        assert checkpoint is not None
        found[run.folder] = (path / "evals.jsonl").read_bytes() + (checkpoint / "weights.safetensors").read_bytes()
    return found


def test_loggers_are_settings_of_runs(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path, TEXT.replace("updates: 3,", "updates: 3, log: [tensorboard, wandb],"))
    written = workspace.plan()
    assert written is not None
    assert [work.settings_of(run).log for run in written.runs] == [("tensorboard", "wandb")] * len(plan.runs)


def test_content_names_a_run(tmp_path: Path) -> None:
    runs = planned(read(tmp_path)).runs
    assert len({run.folder for run in runs}) == len(runs) == 4
    assert [run.seed for run in runs] == [0, 0, 1, 1]  # balanced at any time

    def folders(old: str, new: str) -> set[str]:
        assert old in TEXT
        return {run.folder for run in planned(read(tmp_path, TEXT.replace(old, new))).runs}

    same = {run.folder for run in runs}
    assert folders("study: small", "study: other\nsummary: Other words.") == same
    assert folders("updates: 3", "updates: 300, until: solved=0.9") == same  # a longer study goes on with them
    assert folders("vdn: {", "another: {") == same
    assert folders("updates: 3,", "updates: 3, log: [tensorboard],") == same
    assert folders("seeds: 0..1", "seeds: 1..2") & same == {run.folder for run in runs if run.seed == 1}
    for old, new in (("cells=3", "cells=4"), ("limit=5", "limit=6"), ("episodes: 4", "episodes: 5"),
                     ("every: 50 ", "every: 51 "), ("updates: 3,", "updates: 3, threads: 2,"),
                     ("params.embed: 8", "params.embed: 4")):
        assert not folders(old, new) & same, new


def test_a_study_is_made_once_and_shared(tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    assert states(workspace) == ["waiting"] * 4
    Worker(workspace).work()
    assert states(workspace) == ["done"] * 4
    before = {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*.safetensors")}
    Worker(workspace).work()
    _, other = begin(tmp_path, TEXT.replace("study: small", "study: other"))
    assert states(other) == ["done"] * 4
    Worker(other).work()
    assert {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*.safetensors")} == before


def test_a_longer_study_goes_on_where_a_shorter_one_ended(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    _, whole = begin(tmp_path / "whole", LONGER)
    Worker(whole).work()
    _, workspace = begin(tmp_path)
    Worker(workspace).work()
    _, workspace = begin(tmp_path, LONGER)
    assert states(workspace, LONGER) == ["begun"] * 4
    Worker(workspace).work()
    assert states(workspace) == states(workspace, LONGER) == ["done"] * 4
    assert contents(workspace) == contents(whole)


def test_one_bad_run_does_not_end_the_others(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    workspace.spec(plan.runs[0]).write_text("nonsense\n")
    Worker(workspace).work()
    assert states(workspace) == ["failed", "done", "failed", "done"]
    failure = workspace.failure(plan.runs[0])
    assert failure is not None
    assert "is a mapping" in failure.words
    assert plan.runs[0].folder in failure.command
    assert "is a mapping" in Path(failure.log).read_text()


def test_a_bug_fails_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, workspace = begin(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("here")

    monkeypatch.setattr(work, "train", broken)
    Worker(workspace).work()
    assert states(workspace) == ["failed"] * 4
    failure = workspace.failure(plan.runs[0])
    assert failure is not None
    assert failure.words == "ZeroDivisionError: here"
    assert "Traceback" in Path(failure.log).read_text()
    workspace.forget_failures()
    assert states(workspace) == ["waiting"] * 4


def test_a_run_that_kills_its_process_fails_in_the_end(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    workspace.tried(plan.runs[0], Tries(count=work.TRIES, updates=-1))
    Worker(workspace).work()
    assert states(workspace) == ["failed", "done", "done", "done"]
    failure = workspace.failure(plan.runs[0])
    assert failure is not None
    assert "died 3 times" in failure.words


def test_what_somebody_works_on_is_left_to_them(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    held = take(lease_path(workspace.runs, plan.runs[0].folder))
    assert held is not None
    Worker(workspace).work()
    assert states(workspace) == ["running", "done", "done", "done"]
    held.release()
    Worker(workspace).work()
    assert states(workspace) == ["done"] * 4


def test_a_worker_that_is_asked_to_stop_takes_no_more(tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    workspace.stop.touch()
    with pytest.raises(KeyboardInterrupt):
        Worker(workspace).work()
    assert states(workspace) == ["waiting"] * 4


def test_what_no_study_needs_may_go(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    Worker(workspace).work()
    fewer = planned(read(tmp_path, TEXT.replace("seeds: 0..1", "seeds: 1")))
    gone = [run_path(workspace.runs, run) for run in plan.runs if run.seed == 0]
    assert [path for path, _ in disused(workspace, fewer, replay=False)] == gone
    assert [path.name for path, _ in disused(workspace, plan, replay=True)] == ["replay"] * 4
    begin(tmp_path, TEXT.replace("study: small", "study: other"))
    assert disused(workspace, fewer, replay=False) == []  # another study needs them
    remove(gone)
    assert states(workspace) == ["waiting", "waiting", "done", "done"]


def test_what_has_changed_is_told(tmp_path: Path) -> None:
    plan = planned(read(tmp_path))
    other = planned(read(tmp_path, TEXT.replace("params.embed: 8}", "params.embed: 4}", 1).replace("0..1", "0..2")))
    found = changes(plan.runs, other.runs, plan.specs.__getitem__, other.specs.__getitem__)
    lines = "\n".join(told(found, "then", "now"))
    assert list(found.specs) == ["vdn"]
    assert "embed" in lines
    assert "only then: 2 runs; method vdn" in lines
    assert not told(changes(plan.runs, plan.runs, plan.specs.__getitem__, plan.specs.__getitem__), "then", "now")


def started(workspace: Workspace) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "compose", "study", "work", str(workspace.path)],
                            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seen(workspace: Workspace, text: str, wanted: Callable[[list[Standing]], bool]) -> None:
    plan = planned(read(workspace.runs.parent, text))
    until = time.monotonic() + 120
    while not wanted(standings(workspace, plan.runs)):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.more
def test_workers_that_are_killed_leave_what_others_finish(tmp_path: Path) -> None:
    """Two at once; one is killed, the other asked to stop: a third ends with what an undisturbed one gives."""
    long = TEXT.replace("updates: 3", "updates: 150")
    (tmp_path / "whole").mkdir()
    _, whole = begin(tmp_path / "whole", long)
    undisturbed = started(whole)
    _, workspace = begin(tmp_path, long)
    first, second = started(workspace), started(workspace)
    try:
        seen(workspace, long, lambda now: sum(
            one.state == "running" and (workspace.runs / one.run.folder / "evals.jsonl").exists() for one in now) == 2)
        first.kill()
        first.wait()
        assert [one.state for one in standings(workspace, planned(read(tmp_path, long)).runs)].count("running") == 1
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 130
        assert "running" not in states(workspace, long)
        third = started(workspace)
        assert third.wait(300) == 0
        assert undisturbed.wait(300) == 0
    finally:
        for process in (first, second, undisturbed):
            process.kill()
            process.wait()
    assert states(workspace, long) == ["done"] * 4
    assert contents(workspace) == contents(whole)


def test_a_worker_follows_its_driver(tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        Worker(workspace, driver=os.getpid()).work()  # the parent of this process is another
