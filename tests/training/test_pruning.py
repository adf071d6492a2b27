"""A checkpoint removes what the run wrote, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from compose.language.diagnostics import SpecError
from compose.training.checkpoint import latest, read_state, restore_replay, save_checkpoint
from compose.training.folder import RunFolder
from compose.training.replay import Replay
from tests.training.fakes import CountDown
from tests.training.test_checkpoint import played

Saves = Iterator[Path]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.begin()
    return made


def saves(folder: RunFolder, replay: Replay) -> Saves:
    """Four more episodes and a checkpoint, again and again."""
    while True:
        replay.add(played(replay.added, replay.added + 4))
        yield save_checkpoint(folder, {"weights": {"w": torch.zeros(2)}}, {}, replay)


@pytest.fixture
def replay() -> Replay:
    return Replay(CountDown(6).schema, 10)


def whole(folder: RunFolder, replay: Replay) -> None:
    newest, again = latest(folder), Replay(CountDown(6).schema, 10)
    assert newest is not None
    restore_replay(folder, newest, again)
    assert again.added == replay.added
    assert torch.equal(again.sample(len(again), 0, 1)["entities"], replay.sample(len(again), 0, 1)["entities"])


def test_what_others_put_there_stays(folder: RunFolder, replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder.replay.symlink_to(tmp_path / "elsewhere")
    next(save := saves(folder, replay))
    others = [folder.replay / "notes.txt", folder.replay / "000000090-000000094.safetensors",
              folder.checkpoints / "000001" / "notes.txt", folder.checkpoints / "notes", folder.checkpoints / "000003"]
    for path in others:
        path.write_text("precious")
    (folder.replay / "a folder").mkdir()
    shutil.copytree(folder.checkpoints / "000001", folder.checkpoints / "000099")
    for _ in range(6):
        next(save)
        whole(folder, replay)
    assert all(path.read_text() == "precious" for path in others)
    assert (folder.checkpoints / "000099" / "state.json").is_file()
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == [
        "000001", "000003", "000007", "000008", "000099", "latest", "notes"]
    assert [path.name for path in (folder.checkpoints / "000001").iterdir()] == ["notes.txt"]
    assert folder.replay.is_symlink()
    assert len(list(folder.replay.iterdir())) == 3 + len(
        {chunk for n in (7, 8) for chunk in read_state(folder.checkpoints / f"{n:06d}")["chunks"]})


def test_two_runs_that_share_a_place_for_chunks(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    one, two = (RunFolder(tmp_path / name) for name in ("one", "two"))
    replays = [Replay(CountDown(6).schema, 10) for _ in range(2)]
    for run in (one, two):
        run.begin()
        run.replay.symlink_to(tmp_path / "shared")
    next(saves(one, replays[0]))
    replays[1].add(played(0, 3))
    save = saves(two, replays[1])
    for _ in range(5):
        next(save)
    whole(one, replays[0])
    whole(two, replays[1])


@pytest.mark.parametrize("gone", ["replay", "chunk"])
def test_a_replay_that_was_deleted_is_told_and_written_anew(folder: RunFolder, replay: Replay, gone: str) -> None:
    save = saves(folder, replay)
    next(save)
    next(save)
    if gone == "replay":
        shutil.rmtree(folder.replay)
    else:
        next(folder.replay.iterdir()).unlink()
    with pytest.raises(SpecError) as told:
        next(save)
    assert told.value.diagnostics[0].code == "run.gone"
    assert "deleted while the run went on" in told.value.diagnostics[0].message
    whole(folder, replay)
    for _ in range(3):
        next(saves(folder, replay))
        whole(folder, replay)


def test_a_state_that_names_other_files_removes_none(folder: RunFolder, replay: Replay, tmp_path: Path) -> None:
    save, victim = saves(folder, replay), tmp_path / "victim.safetensors"
    next(save)
    victim.write_text("precious")
    state = folder.checkpoints / "000001" / "state.json"
    next(save)
    state.write_text('{"chunks": ["../../victim", 3]}')
    for _ in range(2):
        next(save)
    assert victim.read_text() == "precious"


def test_a_stray_file_in_place_of_a_checkpoint(folder: RunFolder, replay: Replay) -> None:
    save = saves(folder, replay)
    next(save)
    (folder.checkpoints / ".tmp-000002").write_text("")
    (folder.checkpoints / "000003").symlink_to("nowhere")
    assert next(save).name == "000004"
    whole(folder, replay)
