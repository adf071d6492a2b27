"""Where nothing more can be written: a message, exit code 2, and a folder from which the run goes on."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import torch

from compose.training.checkpoint import latest
from compose.training.folder import RunFolder
from tests.cli.conftest import Ran, Run, called

torch.set_num_threads(1)
LOGS = ("metrics.jsonl", "evals.jsonl")


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The system refuses to write beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def train(run: Run, folder: Path, updates: int, *more: str) -> Ran:
    return run("train", "qmix_attention_group_matching", "--env", "group_matching:agents=2,cells=2,limit=4", "--run",
               str(folder), "--updates", str(updates), "--eval-every", "20", "--log-every", "10",
               "--checkpoint-updates", "4", "--set=params.embed=8", "--set=params.hyper=8",
               "--set=learner.replay.batch=4", "--set=learner.replay.start=4", *more)  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def weights(folder: Path) -> bytes:
    checkpoint = latest(RunFolder(folder))
    assert checkpoint is not None
    return (checkpoint / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``undisturbed(setting)``: the folder of a run that could write all, made once."""

    @cache
    def made(setting: str) -> Path:
        folder = tmp_path_factory.mktemp("whole") / "run"
        assert train(called, folder, 24, setting).code == 0
        return folder

    return made


@pytest.mark.parametrize(("size", "refused"), [
    (0, "run.json"), (None, "evals.jsonl"), (2000, ".safetensors"), (8000, "weights.safetensors"),
    pytest.param(9000, "optimizers.safetensors", marks=pytest.mark.more),
    pytest.param(40_000, "learning_curve.png", marks=[pytest.mark.draws, pytest.mark.more]),
])  # fmt: skip
def test_a_run_that_cannot_be_written_stops_and_goes_on_later(tmp_path: Path, run: Run, size: int | None, refused: str,
                                                              undisturbed: Callable[[str], Path],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["compose"])  # which run.json holds
    folder, episodes = tmp_path / "run", "--eval-episodes=" + ("60" if size is None else "3")
    whole = undisturbed(episodes)
    assert train(run, folder, 12, episodes).code == 0
    before = files(folder)
    with no_file_longer_than(len(before["evals.jsonl"]) + 70 if size is None else size):
        done = train(run, folder, 24, episodes, "--resume")
    assert done.code == 2
    assert re.search(rf"^error\[run\.write\]  \S*{refused}: cannot be written: File too large$", done.err, re.MULTILINE)
    assert "make room; the run goes on with --resume" in done.err
    after = files(folder)
    assert [name for name in after if ".tmp-" in name] == []
    for name in ("spec.yaml", "schema.json", "summary.json", "learning_curve.png"):
        assert after[name] == before[name]
    for log in LOGS:
        assert after[log].endswith(b"\n")
        assert all(json.loads(line) for line in after[log].splitlines())
    assert run("eval", str(folder), "--episodes", "2").code == 0
    assert train(run, folder, 24, episodes, "--resume").code == 0
    assert weights(folder) == weights(whole)
    assert files(folder)["evals.jsonl"] == files(whole)["evals.jsonl"]


def test_a_run_that_cannot_be_begun_leaves_room_for_another(tmp_path: Path, run: Run) -> None:
    with no_file_longer_than(100):
        done = train(run, tmp_path / "run", 4)
    assert done.code == 2
    assert "run.json: cannot be written" in done.err
    assert list((tmp_path / "run").iterdir()) == []
    assert train(run, tmp_path / "run", 4).code == 0
