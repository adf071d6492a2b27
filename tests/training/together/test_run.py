"""Runs trained together are the runs made apart, killed or not."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.checkpoint import latest, read_state
from compose.training.folder import RunFolder
from compose.training.policy import load_policy
from compose.training.run import train
from compose.training.together.group import Group
from compose.training.together.run import train_together
from compose.training.trainer import Trainer
from compose.training.until import Until
from tests.marked import first
from tests.training.fakes import CountDown
from tests.training.together.small import ENV, PACED, alone, close, logs, place, same, settings, spec, together

SEEDS = (3, 5, 8)
Whole = Callable[..., Path]


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """``whole(at_once, **settings)``: the folder of a run of all seeds that nothing disturbed, made once."""

    @cache
    def made(at_once: int = 1, **given: Any) -> Path:
        folder = tmp_path_factory.mktemp("whole")
        together(folder, SEEDS, at_once=at_once, **given)
        return folder

    return made


@pytest.mark.parametrize(("name", "at_once"), [("refil_group_matching", 1), ("vdn_attention", 3)])
def test_together_is_apart(tmp_path: Path, name: str, at_once: int) -> None:
    results = together(tmp_path / "joined", SEEDS, name=name, at_once=at_once)
    for seed, result in zip(SEEDS, results, strict=True):
        wanted = alone(tmp_path / "apart", seed, name=name)
        assert result.clocks == wanted.clocks
        one, two = place(tmp_path / "joined", seed), place(tmp_path / "apart", seed)
        assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()}
        assert logs(one, "evals") == logs(two, "evals")
        for mine, its in zip(logs(one, "metrics"), logs(two, "metrics"), strict=True):
            assert mine == pytest.approx(its, rel=1e-4)
        assert close(one, two)
        now = {"command": 0, "made": 0}
        assert {**RunFolder(one).json("run.json"), **now} == {**RunFolder(two).json("run.json"), **now}


@pytest.mark.parametrize("changes", [
    PACED, ("learner.optimizers.main={kind: sgd, momentum: 0.9, clip_value: 0.01}",
            "learner.optimizers.main.lr={kind: cosine, from: 0.1, to: 0.01, over: 9 updates}")])
def test_step_sizes_that_move_are_those_of_each_seed(tmp_path: Path, changes: tuple[str, ...]) -> None:
    """Alone, together, and together once more after an end in between."""
    seeds, told = SEEDS[:2], {"name": "vdn_attention", "updates": 9}
    together(tmp_path / "joined", seeds, *changes, at_once=2, **told)
    together(tmp_path / "again", seeds, *changes, **told | {"updates": 5})
    together(tmp_path / "again", seeds, *changes, **told, resume=True)
    for seed in seeds:
        alone(tmp_path / "apart", seed, *changes, **told)
        one, two, three = (place(tmp_path / name, seed) for name in ("joined", "again", "apart"))
        assert close(one, three)
        assert close(two, three)
        rates = [row["lr/main"] for row in logs(three, "metrics")]
        assert [row["lr/main"] for row in logs(one, "metrics")] == rates


STEPS = {"updates": None, "env_steps": 75}
UNTIL = {"until": Until("return", 0.05), "eval_every": 9, "updates": 40}
"""Holds for the seeds at different moments, for one never."""


@pytest.mark.parametrize("end", first((UNTIL,), (STEPS, UNTIL)))
def test_every_seed_ends_where_it_would_alone(tmp_path: Path, whole: Whole, end: dict[str, Any]) -> None:
    results = [RunFolder(place(whole(**end), seed)).json("summary.json") for seed in SEEDS]
    assert len({result["episodes"] for result in results}) > 1, "they end at different moments"
    for seed, result in zip(SEEDS, results, strict=True):
        wanted = alone(tmp_path / "apart", seed, **end)
        assert ({name: result[name] for name in wanted.clocks}, result["early"]) == (wanted.clocks, wanted.early)
        one, two = place(whole(**end), seed), place(tmp_path / "apart", seed)
        assert logs(one, "evals") == logs(two, "evals")
        assert close(one, two)


def equal(one: Path, two: Path) -> bool:
    """All seeds, bit for bit, logs included."""
    return all(same(place(one, s), place(two, s)) and logs(place(one, s), "evals") == logs(place(two, s), "evals")
               and logs(place(one, s), "metrics") == logs(place(two, s), "metrics") for s in SEEDS)


@pytest.mark.parametrize(("dies_at", "at_once"), [(2, 1), (9, 3)])
def test_killed_and_resumed_bit_for_bit(tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch, dies_at: int,
                                        at_once: int) -> None:  # fmt: skip
    update = Group.update

    def killed(self: Group) -> None:
        if self.learners[0].clocks.updates == dies_at:
            raise Killed
        update(self)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Group, "update", killed)
        together(tmp_path / "killed", SEEDS, at_once=at_once)
    together(tmp_path / "killed", SEEDS, at_once=at_once, resume=True)
    assert equal(whole(at_once), tmp_path / "killed")


@pytest.mark.parametrize("saves", first((5,), (1, 5)))
def test_killed_between_the_seeds_checkpoints(tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch,
                                              saves: int) -> None:  # fmt: skip
    """Rounds of three saves: after 1, 2, 4, 5 ... some seeds are a checkpoint ahead."""
    save, done = Trainer.save, []

    def killed(self: Trainer) -> None:
        if len(done) == saves:
            raise Killed
        done.append(self)
        save(self)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Trainer, "save", killed)
        together(tmp_path / "killed", SEEDS)
    together(tmp_path / "killed", SEEDS, resume=True)
    assert equal(whole(), tmp_path / "killed")


@pytest.mark.parametrize("end", first((UNTIL,), (STEPS, UNTIL)))
def test_killed_after_one_seed_has_ended(tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch,
                                         end: dict[str, Any]) -> None:  # fmt: skip
    update = Group.update

    def killed(self: Group) -> None:
        if len(self.learners) < len(SEEDS):
            raise Killed
        update(self)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Group, "update", killed)
        together(tmp_path / "killed", SEEDS, **end)
    together(tmp_path / "killed", SEEDS, resume=True, **end)
    assert equal(whole(**end), tmp_path / "killed")


def test_ctrl_c_saves_all(tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    update = Group.update

    def interrupted(self: Group) -> None:
        update(self)
        if self.learners[0].clocks.updates == 8:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Group, "update", interrupted)
        together(tmp_path / "stopped", SEEDS)
    for seed in SEEDS:
        state = read_state(latest(RunFolder(place(tmp_path / "stopped", seed))) or Path())
        assert state["clocks"]["updates"] == 8
    together(tmp_path / "stopped", SEEDS, resume=True)
    assert equal(whole(), tmp_path / "stopped")


def test_each_folder_is_a_run(tmp_path: Path) -> None:
    """It can be loaded, and resumed alone; apart and together may take turns."""
    together(tmp_path / "a", SEEDS, updates=8)
    assert load_policy(place(tmp_path / "a", 5)).schema.name == ENV
    for seed in SEEDS:
        assert alone(tmp_path / "a", seed, updates=11, resume=True).clocks["updates"] == 11
    together(tmp_path / "a", SEEDS, updates=14, resume=True)
    for seed in SEEDS:
        alone(tmp_path / "b", seed)
        assert close(place(tmp_path / "a", seed), place(tmp_path / "b", seed))


def test_runs_at_different_moments_do_not_go_on_together(tmp_path: Path) -> None:
    together(tmp_path / "a", SEEDS, updates=3)
    alone(tmp_path / "a", 5, updates=9, resume=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("latest")}
    wanted = r"(?s)train\.together.*seed_005: stands at episode \d+, another.*without --together"
    with pytest.raises(SpecError, match=wanted):
        together(tmp_path / "a", SEEDS, resume=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("latest")} == before


def test_a_narrow_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"(?s)takes one seed for all episodes.*without --together"):
        train_together(spec(), CountDown(), SEEDS, [place(tmp_path, s) for s in SEEDS], settings=settings(),
                       console=Console(file=io.StringIO()))  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_memory_counts_all_seeds(tmp_path: Path) -> None:
    shown = {}
    for count in (2, 4):
        text = io.StringIO()
        with pytest.raises(SpecError, match=r"train\.memory"):
            train_together(spec(), ENV, range(count), [place(tmp_path, s) for s in range(count)],
                           settings=settings(memory_limit=1000), console=Console(file=text, width=200))  # fmt: skip
        shown[count] = text.getvalue()
    assert not list(tmp_path.iterdir())
    replays = {count: float(text.split("replay ")[1].split(" ")[0]) for count, text in shown.items()}
    assert replays[4] == pytest.approx(2 * replays[2], rel=0.02)


def test_progress_shows_all_seeds(tmp_path: Path) -> None:
    text = io.StringIO()
    train_together(spec(), ENV, SEEDS, [place(tmp_path, s) for s in SEEDS], settings=settings(updates=3),
                   console=Console(file=text, width=200))  # fmt: skip
    assert "3 seeds: 3/3 updates" in text.getvalue()
    assert " to " in text.getvalue()


def test_threads_are_given_back(tmp_path: Path, whole: Whole) -> None:
    torch.set_num_threads(2)
    try:
        together(tmp_path / "two", SEEDS, threads=None)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert all(close(place(whole(), seed), place(tmp_path / "two", seed)) for seed in SEEDS)


def test_one_run_is_as_before(tmp_path: Path) -> None:
    """`train` and `train_together` write the same files about a run."""
    silent = Console(file=io.StringIO())
    train(spec(), ENV, run_dir=tmp_path / "a", settings=settings(updates=2), seed=3, console=silent)
    together(tmp_path, SEEDS, updates=2)
    names = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*")}
    assert names == {path.relative_to(place(tmp_path, 3)) for path in place(tmp_path, 3).rglob("*")}


@pytest.mark.parametrize(("change", "where"), [("steps=2", "steps"), ("each=agent", "each")])
def test_optimizers_that_step_more_than_once_are_refused(tmp_path: Path, change: str, where: str) -> None:
    folders = [place(tmp_path, seed) for seed in SEEDS]
    one = load("qmix_attention", [f"learner.optimizers.main.{change}"])
    with pytest.raises(SpecError, match=rf"learner\.optimizers\.main\.{where}: optimizer 'main' steps more than once"):
        train_together(one, ENV, SEEDS, folders, settings=settings())
    assert not any(folder.exists() for folder in folders)
