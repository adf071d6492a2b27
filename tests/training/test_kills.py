"""A run that is killed again and again ends as the run that never was: bit for bit, through real processes."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from compose.training.checkpoint import latest, read_state, restore_replay
from compose.training.folder import RunFolder
from compose.training.policy import read_schema
from compose.training.replay import Replay
from tests.training.lives import Forked, Fresh, Lives, being_written, kill, newest, some_time, some_write, wait

CAPACITY = 40
SETTINGS = {"params.embed": 8, "params.hyper": 8, "learner.replay.batch": 4, "learner.replay.start": 4,
            "learner.replay.episodes": CAPACITY, "learner.environments": 3,
            "learner.target.every": "7 episodes"}  # fmt: skip
BETWEEN = 3
"""Updates between checkpoints."""
AHEAD = 3
"""Checkpoints after which a life is killed at the latest (twice that if a write must be met)."""


def command(run: Path, updates: int) -> list[str]:
    """The command that begins the run, or goes on with it."""
    sets = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    resume = ["--resume"] if (run / "run.json").exists() else []
    return ["train", "refil_group_matching", "--env", "group_matching:agents=3,cells=3,limit=8", "--run", str(run),
            "--seed", "5", "--updates", str(updates), "--eval-every", "300", "--eval-episodes", "4", "--chance", "4",
            "--log-every", "40", "--checkpoint-updates", str(BETWEEN), "--threads", "1", *sets, *resume]  # fmt: skip


def undisturbed(lives: Lives, run: Path, updates: int) -> float:
    """A whole run; the seconds until it had made AHEAD checkpoints."""
    start = time.monotonic()
    life = lives.start(command(run, updates))
    assert wait(life, lambda: newest(run) >= AHEAD) is None
    took = time.monotonic() - start
    assert wait(life) == 0
    return took


def contents(run: Path) -> dict[str, Any]:
    """All that a run holds, without what depends on the time of day or on when it was saved."""
    folder = RunFolder(run)
    checkpoint = latest(folder)
    assert checkpoint is not None
    found: dict[str, Any] = {name: (run / name).read_bytes() for name in ("spec.yaml", "schema.json", "evals.jsonl")}
    found |= {path.name: path.read_bytes() for path in checkpoint.glob("*.safetensors")}
    state = read_state(checkpoint)
    found["state"] = {name: x for name, x in state.items() if name not in ("wall_seconds", "chunks", "logs")}
    found["evals size"] = state["logs"]["evals"]
    found["metrics"] = [{name: x for name, x in row.items() if name != "wall"} for row in folder.rows("metrics")]
    found["summary"] = {name: x for name, x in folder.json("summary.json").items() if name != "wall"}
    replay = Replay(read_schema(folder), CAPACITY)
    restore_replay(folder, checkpoint, replay)
    stored = replay.read(replay.added - len(replay), replay.added) | replay.fixed
    found |= {f"replay/{name}": x for name, x in stored.items()}
    found["replay/added"] = replay.added
    return found


def same(one: Any, two: Any) -> bool:
    return torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two


def killed_and_resumed(lives: Lives, folder: Path, kills: int) -> int:
    """Compare a run killed so often with one that was not; how many kills fell into a write."""
    random, updates, inside = Random(kills), BETWEEN * 2 * AHEAD * (kills + 1), 0
    whole, run = folder / "whole", folder / "killed"
    span = undisturbed(lives, whole, updates)
    for number in range(kills):
        before = being_written(run)
        life = lives.start(command(run, updates))
        moment = some_write(random, run, life, AHEAD) if number % 2 else some_time(random, run, span, AHEAD)
        assert wait(life, moment) is None, f"it ended before kill {number}"
        kill(life)
        inside += bool(being_written(run) - before)
    assert wait(lives.start(command(run, updates))) == 0
    one, two = contents(whole), contents(run)
    assert set(one) == set(two)
    assert [name for name in one if not same(one[name], two[name])] == []
    assert len(one["metrics"]) >= 10
    assert one["state"]["clocks"]["updates"] == updates
    left = {path.name for path in run.rglob("*") if path.name.startswith(".tmp-")}
    assert left == set()
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}
    named = read_state(latest(RunFolder(run)))["chunks"]
    assert {path.stem for path in (run / "replay").iterdir()} >= set(named)
    return inside


@pytest.mark.more
def test_killed_four_times(tmp_path: Path) -> None:
    lives = Forked()
    try:
        assert killed_and_resumed(lives, tmp_path, 4) >= 1
    finally:
        lives.close()


@pytest.mark.long
def test_killed_twenty_times_each_time_a_new_interpreter(tmp_path: Path) -> None:
    assert killed_and_resumed(Fresh(), tmp_path, 20) >= 5


