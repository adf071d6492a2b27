"""``--seeds``: which are meant, where they go, what is refused, what is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.language.diagnostics import SpecError
from compose.study.seeds import check_folder, read_seeds, seed_folder
from tests.cli.conftest import Run, run

__all__ = ["run"]
SMALL = ("--env", "group_matching:agents=2,cells=3,limit=5", "--set", "learner.replay.batch=4", "--set",
         "learner.replay.start=4", "--set", "params.embed=8", "--threads", "1", "--eval-episodes", "4")  # fmt: skip
TRAIN = ("train", "vdn_attention", *SMALL, "--updates", "2")


@pytest.mark.parametrize(("text", "seeds"), [
    ("0..3", (0, 1, 2, 3)), ("0,3,7", (0, 3, 7)), ("8,0..2", (8, 0, 1, 2)), ("5", (5,)), ("4..4", (4,)),
    (" 1, 2 ", (1, 2)),
])  # fmt: skip
def test_seeds_are_read(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1, max_size=30))
def test_a_list_is_itself(seeds: list[int]) -> None:
    assert read_seeds(",".join(map(str, seeds))) == tuple(seeds)


@pytest.mark.parametrize(("text", "said"), [
    ("5..2", "'5..2' counts down\n  write 2..5"), ("a", "'a' is no seed"), ("", "'' is no seed"),
    ("-1", "'-1' is no seed"), ("1..", "'1..' is no seed"), ("0..3,2", "names 2 more than once"),
    ("0..999999999999", "names more than 1000 seeds"), ("0..999,2000", "names more than 1000"), ("1.5", "no seed"),
    ("a,5..2,7,7", "counts down"),
])  # fmt: skip
def test_mistakes_in_seeds(text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_seeds(text)
    assert said in str(caught.value)
    assert "--seeds" in str(caught.value)


def test_folders_are_checked(tmp_path: Path) -> None:
    check_folder(tmp_path / "none", (0, 1), resume=False)
    check_folder(tmp_path, (0, 1), resume=False)
    with pytest.raises(SpecError, match="holds no run of these seeds"):
        check_folder(tmp_path, (0, 1), resume=True)
    seed_folder(tmp_path, 1).mkdir()
    with pytest.raises(SpecError, match="is not empty"):
        check_folder(tmp_path, (0, 1), resume=False)
    (seed_folder(tmp_path, 1) / "run.json").write_text("{}")
    check_folder(tmp_path, (0, 1), resume=True)
    seed_folder(tmp_path, 0).write_text("a file")
    with pytest.raises(SpecError, match=r"seed_000: holds something, but no run"):
        check_folder(tmp_path, (0, 1), resume=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match="is no folder"):
        check_folder(tmp_path / "file", (0,), resume=False)


@pytest.mark.parametrize(("arguments", "hint"), [
    (("--seeds", "5..2"), "counts down"),
    (("--seeds", "a"), "'a' is no seed"),
    (("--seeds", "0,1,0"), "names 0 more than once"),
    (("--seed", "1", "--seeds", "0..3"), "say either --seed or --seeds"),
    (("--seed", "0", "--seeds", "0..3"), "say either --seed or --seeds"),
    (("--together",), "--together: needs --seeds"),
    (("--seeds", "4", "--together"), "nothing to be trained together with"),
    (("--seeds", "0..1", "--resume"), "holds no run of these seeds"),
    (("--seeds", "0..1", "--together", "--memory-limit", "1KiB"), "train.memory"),
])  # fmt: skip
def test_mistakes_exit_with_2_and_write_nothing(run: Run, tmp_path: Path, arguments: tuple[str, ...],
                                                hint: str) -> None:  # fmt: skip
    ran = run(*TRAIN, "--run", str(tmp_path / "a"), *arguments)
    assert ran.code == 2
    assert hint in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (("--seeds", "5"), "--seeds 5 is one seed, number 5; 5 seeds are --seeds 0..4"),
    (("--seeds", "1"), "--seeds 1 is one seed, number 1"),
    (("--seeds", "7..7"), "number 7; 7 seeds are --seeds 0..6"),
])  # fmt: skip
def test_one_number_is_one_seed_and_says_so(run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = run(*TRAIN, "--run", str(tmp_path / "a"), "--memory-limit", "1KiB", *arguments)
    assert said in ran.err
    assert "0..4 are five seeds" in " ".join(run("train", "--help").out.replace("│", " ").split())


@pytest.mark.more
def test_apart_and_together_from_the_command_line(run: Run, tmp_path: Path) -> None:
    folders = {}
    for name, more in (("apart", ()), ("joined", ("--together",))):
        folder = tmp_path / name
        ran = run(*TRAIN, "--seeds", "2,4", "--run", str(folder), "--chance", "4", *more)
        assert ran.code == 0, ran.err
        assert all(word in ran.out for word in ("mean", "std", "chance, random", "learning_curves.png"))
        assert {path.name for path in folder.iterdir()} == {"seed_002", "seed_004", "summary.json",
                                                            "learning_curves.png"}  # fmt: skip
        folders[name] = json.loads((folder / "summary.json").read_text())
        played = run("eval", str(folder / "seed_004"), "--episodes", "6", "--json")
        assert (played.code, played.json["episodes"]) == (0, 6)
    assert folders["apart"] == folders["joined"]
    asked = run("eval", str(tmp_path / "joined"), "--episodes", "6")
    assert (asked.code, "name one, such as" in asked.err) == (2, True)
    joined = str(tmp_path / "joined")
    assert run(*TRAIN, "--seeds", "2,4", "--run", joined, "--together").code == 2
    longer = (*TRAIN[:-1], "3", "--run", joined, "--resume", "--chance", "4")
    assert run(*longer, "--seeds", "2,4", "--together").code == 0
    assert run(*longer, "--seeds", "2..4").code == 0, "a seed that is new begins"
    assert ": not reached" in run(*longer, "--seeds", "2..4", "--mark", "1").out
    other = run(*longer, "--seeds", "2..4", "--together", "--set", "params.embed=16")
    assert other.code == 2
    assert other.err.count("the run there has another spec") == other.err.count("param embed: 8 -> 16") == 3
    assert run(*TRAIN, "--seeds", "0..1", "--run", f"{joined}/seed_002").code == 2
