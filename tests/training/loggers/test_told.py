"""What loggers are told of a training: everything once, by whatever name, and their failures end nothing."""

import io

import pytest
from rich.console import Console

from compose.language.diagnostics import SpecError
from compose.training import run as running
from compose.training import trainer as loop
from compose.training.folder import RunFolder
from compose.training.loggers import catalogue
from compose.training.loggers.names import PYMARL
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.until import Until
from tests.training.fakes import CountDown, build, spec
from tests.training.loggers.book import Book


class Anew(Book):
    anew = True

    def begin(self, run):
        super().begin(run)
        self.points.clear()


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    monkeypatch.setattr(running, "_spec_text", lambda spec: "linear\n")
    monkeypatch.setattr(catalogue, "_of_others", {"book": Book, "anew": Anew}.__getitem__)
    Book.clear()


def go(folder, *, updates=20, resume=False, said=None, env=None, **changes):
    settings = Settings(**{"updates": updates, "eval_every": 60, "eval_episodes": 5, "log_every": 20,
                           "checkpoint_updates": 7, "log": ("book",)} | changes)
    return train(spec(), env or CountDown(), run_dir=folder, settings=settings, seed=3, resume=resume,
                 console=Console(file=said or io.StringIO(), width=300), build=build)  # fmt: skip


def kept(folder):
    """(name, step) of what the run's own logs hold, as :class:`Book` has it."""
    rows = [(f"{name}", row["env_steps"], x) for row in RunFolder(folder).rows("metrics")
            for name, x in row.items() if name not in ("wall", "env_steps") and x is not None]
    return sorted(rows)


def ours(points):
    aliases = {*PYMARL.values(), "loss_td", "loss_fit"}
    return sorted(point for point in points if point[0] not in aliases and not point[0].startswith("evaluation/"))


def test_a_logger_is_told_what_the_run_writes_down(tmp_path):
    go(tmp_path / "a")
    assert ours(Book.points) == kept(tmp_path / "a")
    evals = {(row["env_steps"]) for row in RunFolder(tmp_path / "a").rows("evals")}
    assert [step for name, step, _ in Book.points if name == "evaluation/return"] == sorted(evals)
    named = {(name, step): x for name, step, x in Book.points}
    for (name, step), x in named.items():
        assert name not in PYMARL or named[PYMARL[name], step] == x
        assert not name.startswith("loss/") or named[name.replace("/", "_"), step] == x
    assert {"test_return_mean", "return_mean", "ep_length_mean", "epsilon"} <= {name for name, _ in named}
    assert [what[0] if isinstance(what, tuple) else what for what in Book.happened] == ["begin", "finished"]


@pytest.mark.parametrize("name", ["book", "anew"])
@pytest.mark.parametrize("rows", [3, 6])
def test_a_killed_run_goes_on_without_doubled_points(tmp_path, monkeypatch, name, rows):
    go(tmp_path / "whole", log=(name,))
    whole = sorted(Book.points)
    Book.clear()
    append, left = RunFolder.append, [rows]

    def appended(self, log, *lines):
        if not left[0]:
            raise Killed
        left[0] -= 1
        append(self, log, *lines)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RunFolder, "append", appended)
        go(tmp_path / "a", log=(name,))
    go(tmp_path / "a", log=(name,), resume=True)
    assert sorted(Book.points) == whole
    begun = [what for what in Book.happened if isinstance(what, tuple)]
    assert [what for what, _ in begun] == ["begin", "resumed"]
    assert len({number for _, number in begun}) == 1


def test_a_logger_that_comes_later_is_told_all_that_was(tmp_path):
    go(tmp_path / "a", log=())
    go(tmp_path / "a", updates=30, resume=True)
    assert ours(Book.points) == kept(tmp_path / "a")


def test_an_earlier_end_leaves_its_last_point_alone(tmp_path):
    """The row at an end that was moved later is no row of the run any more; a logger keeps it, and nothing twice."""
    go(tmp_path / "a")
    go(tmp_path / "a", updates=30, resume=True)
    assert len({(name, step) for name, step, _ in Book.points}) == len(Book.points)
    assert set(kept(tmp_path / "a")) <= set(Book.points)


@pytest.mark.parametrize("call", ["begin", "metrics", "end"])
def test_a_logger_that_fails_ends_no_training(tmp_path, call):
    Book.fails, said = call, io.StringIO()
    assert go(tmp_path / "a", said=said).clocks["updates"] == 20
    assert said.getvalue().count("--log book failed, the training goes on without it: ConnectionError: no ") == 1


def test_a_damaged_note_ends_no_training(tmp_path):
    go(tmp_path / "a")
    (tmp_path / "a" / "loggers" / "book.json").write_text('{"id": 3}')
    said = io.StringIO()
    assert go(tmp_path / "a", updates=30, resume=True, said=said).clocks["updates"] == 30
    assert said.getvalue().count("--log book failed") == 1


def test_an_interrupted_run_is_told_so(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Until, "reached", interrupted)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "a", until=Until.read("solved=0.9"))
    assert Book.happened[-1] == "interrupted"


def test_videos_lie_in_the_run_and_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "check_picture", lambda env: None)
    monkeypatch.setattr(loop, "video", lambda *_, **__: b"GIF89a")
    go(tmp_path / "a", log_video=True)
    told = [what[1:] for what in Book.happened if what[0] == "evaluation/video"]
    evals = sorted({(row["env_steps"], row["updates"]) for row in RunFolder(tmp_path / "a").rows("evals")})
    assert told == [(steps, f"{steps:09d}-{updates:09d}.gif") for steps, updates in evals]
    assert {file.name for file in (tmp_path / "a" / "videos").iterdir()} == {name for _, name in told}


def test_what_has_no_picture_is_not_filmed(tmp_path):
    with pytest.raises(SpecError, match="has no picture"):
        go(tmp_path / "a", log_video=True)
    assert not (tmp_path / "a").exists()


def test_videos_need_a_logger():
    with pytest.raises(SpecError, match="goes with --log"):
        Settings(updates=1, log_video=True)
