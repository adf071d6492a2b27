"""Checkpoints are there whole or not at all."""

from pathlib import Path

import pytest
import torch

from compose.training import checkpoint
from compose.training.actors import RandomActor
from compose.training.checkpoint import latest, read_state, read_tensors, restore_replay, save_checkpoint
from compose.training.folder import RunFolder, write_whole
from compose.training.replay import Replay
from compose.training.rollout import rollout
from tests.training.fakes import CountDown


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "run")
    made.begin()
    return made


def save(folder, n, replay=None):
    return save_checkpoint(folder, {"weights": {"w": torch.full((3,), float(n))}}, {"n": n}, replay)


def played(first, last):
    return rollout(RandomActor(1), CountDown(6), torch.arange(first, last), seed=5)


def test_the_last_two_stay(folder):
    for n in range(4):
        save(folder, n)
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == ["000003", "000004", "latest"]
    assert read_state(latest(folder))["n"] == 3
    assert read_tensors(latest(folder), "weights")["w"].tolist() == [3.0] * 3


@pytest.mark.parametrize("moment", ["rename", "replace"])
def test_a_kill_before_the_rename_leaves_the_old_one(folder, monkeypatch, moment):
    save(folder, 1)
    calls = []

    def killed(self, target):
        calls.append(target)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, moment, killed)
        with pytest.raises(Killed):
            save(folder, 2)
    assert calls
    assert read_state(latest(folder))["n"] == 1
    assert read_tensors(latest(folder), "weights")["w"].tolist() == [1.0] * 3
    save(folder, 3)
    assert read_state(latest(folder))["n"] == 3
    assert not list(folder.checkpoints.glob(".tmp-0*"))


def test_a_kill_between_the_rename_and_the_pointer_leaves_the_old_one(folder, monkeypatch):
    save(folder, 1)

    def killed(path, data, **how):
        if path.name == "latest":
            raise Killed
        write_whole(path, data, **how)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_whole", killed)
        with pytest.raises(Killed):
            save(folder, 2)
    assert read_state(latest(folder))["n"] == 1
    save(folder, 3)
    assert read_state(latest(folder))["n"] == 3


def test_the_replay_is_written_once_in_chunks(folder):
    replay = Replay(CountDown(6).schema, 10)
    replay.add(played(0, 4))
    save(folder, 1, replay)
    first = folder.replay / "000000000-000000004.safetensors"
    written = first.stat().st_mtime_ns
    save(folder, 2, replay)
    assert [path.name for path in folder.replay.iterdir()] == [first.name]
    replay.add(played(4, 12))
    save(folder, 3, replay)
    assert read_state(latest(folder))["chunks"] == ["000000000-000000004", "000000004-000000012"]
    assert first.stat().st_mtime_ns == written


def test_many_episodes_are_several_chunks(folder, monkeypatch):
    monkeypatch.setattr(checkpoint, "EACH", 5)
    replay = Replay(CountDown(6).schema, 10)
    replay.add(played(0, 12))
    save(folder, 1, replay)
    names = ["000000002-000000007", "000000007-000000012"]
    assert read_state(latest(folder))["chunks"] == names
    replay.add(played(12, 14))
    save(folder, 2, replay)
    assert read_state(latest(folder))["chunks"] == [*names, "000000012-000000014"]
    again = Replay(CountDown(6).schema, 10, packed=True)
    restore_replay(folder, latest(folder), again)
    one, two = replay.sample(10, 0, 0), again.sample(10, 0, 0)
    assert all(torch.equal(one[name], two[name]) for name in one.keys())  # noqa: SIM118


def test_chunks_that_no_checkpoint_needs_go(folder):
    replay = Replay(CountDown(6).schema, 10)
    for n in range(6):
        replay.add(played(4 * n, 4 * n + 4))
        save(folder, n, replay)
    kept = sorted(path.stem for path in folder.replay.iterdir())
    assert kept == [f"{first:09d}-{first + 4:09d}" for first in (8, 12, 16, 20)]


def test_the_replay_comes_back(folder):
    replay = Replay(CountDown(6).schema, 10)
    for first, last in ((0, 4), (4, 12), (12, 15)):
        replay.add(played(first, last))
        save(folder, first, replay)
    again = Replay(CountDown(6).schema, 10)
    restore_replay(folder, latest(folder), again)
    assert again.added == 15
    for draw in range(5):
        one, two = replay.sample(6, 0, draw), again.sample(6, 0, draw)
        assert all(torch.equal(one[name], two[name]) for name in one.keys())  # noqa: SIM118
