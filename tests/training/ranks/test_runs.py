"""Whole trainings of several processes in one folder: what is written, what goes on with which number of processes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from compose.envs.catalogue import schema
from compose.language.diagnostics import SpecError
from compose.language.load import Loaded, load, load_text
from compose.training.checkpoint import latest, restore_replay
from compose.training.folder import RunFolder
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.ranks.follow import follow
from compose.training.replay import Replay
from compose.training.run import train
from compose.training.settings import Settings
from tests.training.ranks.threads import together
from tests.training.test_on_policy import WALK

SMALL = ("params.embed=8", "params.heads=2", "learner.replay.batch=5", "learner.replay.episodes=11",
         "learner.replay.start=5", "learner.environments=3")
ENV = "group_matching:agents=3,cells=3,limit=6"

def replay() -> Loaded:
    return load("vdn_attention", SMALL)


def on_policy() -> Loaded:
    return load_text(WALK)


SPECS = {"replay": replay, "on_policy": on_policy}


def go(folder: Path, spec: Loaded, count: int, updates: int = 9, *, resume: bool = False, said: Any = None) -> None:
    """Train with so many processes."""
    settings = Settings(updates=updates, eval_every=30, eval_episodes=5, log_every=20, checkpoint_updates=4)

    def one(ranks: Ranks) -> None:
        if ranks.leads:
            train(spec, ENV, run_dir=folder, settings=settings, seed=1, resume=resume, ranks=ranks, picture=False,
                  console=Console(file=said or io.StringIO()))
        else:
            follow(spec, ENV, run_dir=folder, settings=settings, seed=1, resume=resume, ranks=ranks)

    if count == 1:
        one(ALONE)
    else:
        together(count, one)


def log(folder: Path, name: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
    return [{key: x for key, x in row.items() if key != "wall"} for row in rows]


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    newest = latest(RunFolder(folder))
    assert newest is not None
    groups = {f"{group}/{name}": x for group in ("weights", "target", "optimizers", "statistics")
              for name, x in load_file(newest / f"{group}.safetensors").items()}
    kept = Replay(schema(ENV), 11)
    restore_replay(RunFolder(folder), newest, kept)
    return groups | {f"replay/{name}": x for name, x in kept.read(kept.added - len(kept), kept.added).items()}


def check_same(one: Path, other: Path) -> None:
    assert log(one, "evals") == log(other, "evals")
    mine, given = tensors(one), tensors(other)
    assert set(mine) == set(given)
    for name, x in mine.items():
        assert torch.allclose(x.double(), given[name].double(), rtol=1e-3, atol=1e-6), name
    rows, others = log(one, "metrics"), log(other, "metrics")
    assert len(rows) == len(others)
    for row, same in zip(rows, others, strict=True):
        assert same == pytest.approx(row, rel=1e-3, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("kind", SPECS)
def test_a_run_is_that_of_one_process(tmp_path: Path, kind: str) -> None:
    spec = SPECS[kind]()
    go(tmp_path / "one", spec, 1)
    go(tmp_path / "three", spec, 3)
    check_same(tmp_path / "one", tmp_path / "three")
    about = json.loads((tmp_path / "three" / "run.json").read_text())
    assert about["processes"] == 3
    alone, shared = (sorted(file.name for file in (tmp_path / name).iterdir()) for name in ("one", "three"))
    assert alone == shared


@pytest.mark.parametrize("kind", SPECS)
def test_a_run_goes_on_with_other_numbers_of_processes(tmp_path: Path, kind: str) -> None:
    spec, said = SPECS[kind](), io.StringIO()
    go(tmp_path / "whole", spec, 1)
    go(tmp_path / "parts", spec, 2, updates=3)
    go(tmp_path / "parts", spec, 1, updates=5, resume=True, said=said)
    assert "processes 2 -> 1 (numbers may differ in their last bits)" in said.getvalue()
    go(tmp_path / "parts", spec, 3, updates=9, resume=True)
    check_same(tmp_path / "whole", tmp_path / "parts")


def test_a_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    go(tmp_path / "whole", replay(), 2)
    go(tmp_path / "parts", replay(), 2, updates=5)
    go(tmp_path / "parts", replay(), 2, resume=True)
    mine, given = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert set(mine) == set(given)
    assert all(torch.equal(x, given[name]) for name, x in mine.items())
    assert log(tmp_path / "whole", "metrics") == log(tmp_path / "parts", "metrics")


def test_a_folder_that_is_not_empty_is_refused_once(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(SpecError, match=r"train\.exists"):
        go(tmp_path, replay(), 2)


def test_what_looks_at_all_of_a_batch_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"graph\.priority: softmax looks at all episodes of a batch"):
        go(tmp_path / "run", load("ptm_group_matching"), 2)
    assert not (tmp_path / "run").exists()
