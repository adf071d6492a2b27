"""``compose study``: what a person types, and what happens to processes behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.study.small import ENV, TEXT, begin, write
from tests.study.test_runs import contents

__all__ = ["run"]
ROOT = Path(__file__).resolve().parents[2]
LONG = TEXT.replace("updates: 3", "updates: 800")


def states(run: Run, path: str, folder: Path) -> list[str]:
    found = run("study", "status", path, "--runs", str(folder / "runs"), "--json")
    assert found.code == 0, found.err
    return [one["state"] for one in found.json["runs"]]


def test_status_of_a_study_that_was_not_begun(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path)
    assert states(run, path, tmp_path) == ["waiting"] * 4
    shown = run("study", "status", path, "--runs", str(tmp_path / "runs")).out
    assert "0/2" in shown
    assert not (tmp_path / "runs").exists()


def test_mistakes_exit_with_2(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("seeds: 0..1", "seeds: 9..1"))
    for command in (("run",), ("status",), ("stop",), ("diff",), ("clean",)):
        found = run("study", *command, path, "--runs", str(tmp_path / "runs"))
        assert found.code == 2
        assert "'9..1' counts down" in found.err
    assert run("study", "work", str(tmp_path)).code == 2
    assert run("study", "diff", write(tmp_path), "--runs", str(tmp_path / "runs")).code == 2
    assert not (tmp_path / "runs").exists()


def test_specs_that_do_not_fit_are_told_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("qmix: {spec: qmix_attention, set", "flat: {spec: vdn, set"))
    found = run("study", "run", path, "--runs", str(tmp_path / "runs"), "--set", "specs.flat.set=null")
    assert found.code == 2
    assert "vdn needs field 'observation'" in found.err
    assert found.err.count("error[") == 1
    assert f"flat in {ENV}, which " in found.err
    assert not (tmp_path / "runs").exists()


def test_a_packaged_study_is_read(run: Run, tmp_path: Path) -> None:
    assert run("study", "status", "quick_refil", "--runs", str(tmp_path)).code == 0
    assert "Did you mean 'quick_refil'?" in run("study", "status", "quick_refl").err


def test_clean_names_before_it_removes(run: Run, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    for one in workspace.plan().runs:  # type: ignore[union-attr]
        (workspace.runs / one.folder).mkdir(parents=True)
        (workspace.runs / one.folder / "run.json").write_text("{}")
    fewer = write(tmp_path, TEXT.replace("seeds: 0..1", "seeds: 1"))
    arguments = ("study", "clean", fewer, "--runs", str(workspace.runs))
    assert "with --yes they are removed" in run(*arguments).out
    assert len(list(workspace.runs.glob("*-s0-*"))) == 2
    assert "removed" in run(*arguments, "--yes").out
    assert not list(workspace.runs.glob("*-s0-*"))
    assert len(list(workspace.runs.glob("*-s1-*"))) == 2
    assert run(*arguments).out == "nothing to remove\n"


def test_diff_with_what_was_run(run: Run, tmp_path: Path) -> None:
    begin(tmp_path)
    runs = ("--runs", str(tmp_path / "runs"))
    assert run("study", "diff", write(tmp_path), *runs).out == "the same runs\n"
    changed = write(tmp_path, TEXT.replace("embed: 8", "embed: 4").replace("updates: 3", "updates: 4"))
    told = run("study", "diff", changed, *runs).out
    assert "train  updates: 3 -> 4" in told
    assert "vdn: its spec differs, as it was run -> now:" in told
    assert "embed" in told


@contextmanager
def driver(path: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "compose", "study", "run", path, "--runs", str(folder / "runs"), *more], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def owners(run: Run, path: str, folder: Path) -> list[int]:
    """Who works on a run whose first evaluation is made."""
    found = run("study", "status", path, "--runs", str(folder / "runs"), "--json").json["runs"]
    return [one["owner"]["pid"] for one in found if one["owner"] and Path(one["folder"], "evals.jsonl").exists()]


def until(wanted: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.2)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


@pytest.mark.more
def test_a_study_survives_all_that_may_happen_to_its_processes(run: Run, tmp_path: Path) -> None:
    """A worker killed, a second driver, an edited file, a driver interrupted, another killed: the runs end the same."""
    whole = tmp_path / "whole"
    whole.mkdir()
    with driver(write(whole, LONG), whole) as undisturbed:
        told, _ = undisturbed.communicate(timeout=300)
        assert undisturbed.returncode == 0, told
    path = write(tmp_path, LONG)
    with driver(path, tmp_path) as first:
        until(lambda: len(owners(run, path, tmp_path)) == 2)
        victim = owners(run, path, tmp_path)[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(set(owners(run, path, tmp_path)) - {victim}) == 2)  # another took its place
        edited = tmp_path / "edited"
        edited.mkdir()
        with driver(write(edited, LONG.replace("0..1", "0..2")), tmp_path) as other:
            told, _ = other.communicate(timeout=60)
            assert other.returncode == 2
            assert "works on this study as the file was before" in told
        first.send_signal(signal.SIGINT)
        told, _ = first.communicate(timeout=120)
        assert first.returncode == 130
        assert "died: SIGKILL" in told
        assert "the same command goes on from here" in told
    assert "running" not in states(run, path, tmp_path)
    with driver(path, tmp_path) as second:
        until(lambda: len(owners(run, path, tmp_path)) == 2)
        working = owners(run, path, tmp_path)
        second.kill()
        until(lambda: all(map(gone, working)))  # they save and follow their driver
    with driver(path, tmp_path) as third:
        until(lambda: owners(run, path, tmp_path))
        assert run("study", "stop", path, "--runs", str(tmp_path / "runs")).out == "all have stopped\n"
        assert third.wait(60) == 130
    with driver(path, tmp_path) as third, driver(path, tmp_path) as helping:
        told, _ = helping.communicate(timeout=300)
        third.communicate(timeout=300)
        assert (third.returncode, helping.returncode) == (0, 0), told
    assert states(run, path, tmp_path) == ["done"] * 4
    _, workspace = begin(tmp_path, LONG)
    _, expected = begin(whole, LONG)
    assert contents(workspace) == contents(expected)


@pytest.mark.more
def test_a_failure_is_told_and_repeated(run: Run, tmp_path: Path) -> None:
    spec = "bad: {spec: bad.yaml, set: {learner.replay.batch: 4, learner.replay.start: 4}}"
    path = write(tmp_path, TEXT.replace("seeds: 0..1", "seeds: 0").replace("  vdn:", f"  {spec}\n  vdn:"))
    bad = "compose: 1\nname: bad\nsummary: x\nextends: vdn_attention\nlosses: {td: {of: square(log(0 * q_tot))}}\n"
    (tmp_path / "bad.yaml").write_text(bad)
    found = run("study", "status", path, "--runs", str(tmp_path / "runs"))
    assert found.code == 0, found.err
    with driver(path, tmp_path) as process:
        told, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "failed: bad in group_matching" in told
    assert "the loss is inf" in told
    command = told.split("again: compose ")[1].splitlines()[0].split()
    again = subprocess.run([sys.executable, "-m", "compose", *command], cwd=ROOT, capture_output=True, text=True,
                           check=False)  # fmt: skip
    assert again.returncode == 1
    assert "the loss is inf" in again.stderr
    assert json.loads(run("study", "status", path, "--runs", str(tmp_path / "runs"), "--json").out)["study"] == "small"
