"""``compose play``: what it writes and says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run

SMALL = "skirmish/3m:limit=8"


def test_it_says_how_the_episode_ended(run: Run) -> None:
    ran = run("play", SMALL, "--policy", "nearest", "--episode", "2")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "skirmish/3m:limit=8  nearest, episode 2 of seed 0"
    assert "lost after 8 of at most 8 steps" in ran.out


def test_files(run: Run, tmp_path: Path) -> None:
    out, stills = tmp_path / "battle.gif", tmp_path / "battle.png"
    ran = run("play", SMALL, "--out", str(out), "--strip", str(stills), "--frames", "9", "--stills", "3", "--json")
    assert ran.code == 0, ran.err
    with Image.open(out) as picture:
        assert picture.n_frames == ran.json["gif"]["frames"] == 9  # type: ignore[attr-defined]
    with Image.open(stills) as picture:
        assert picture.format == "PNG"
    assert ran.json["strip"]["steps"] == [0, 4, 8]
    assert {name: ran.json[name] for name in ("ok", "env", "policy", "seed", "episode", "length", "success")} == {
        "ok": True, "env": SMALL, "policy": "random", "seed": 0, "episode": 0, "length": 8, "success": False,
    }  # fmt: skip
    first = out.read_bytes(), stills.read_bytes()
    assert run("play", SMALL, "--out", str(out), "--strip", str(stills), "--frames", "9", "--stills", "3").code == 0
    assert (out.read_bytes(), stills.read_bytes()) == first
    assert run("play", SMALL, "--out", str(out), "--frames", "9", "--seed", "1").code == 0
    assert out.read_bytes() != first[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["battle.gif", "battle.png"]


@pytest.mark.parametrize(("want", "success"), [("win", True), ("loss", False)])
def test_wanted_ends(run: Run, want: str, success: bool) -> None:
    rows = [run("play", "group_matching/small", "--episode", str(number), "--json").json for number in range(1, 30)]
    first = next(row["episode"] for row in rows if row["success"] == success)
    found = run("play", "group_matching/small", "--episode", "1", "--want", want, "--json").json
    assert (found["episode"], found["success"]) == (first, success)


def test_environments_without_a_picture_are_played_all_the_same(run: Run, tmp_path: Path) -> None:
    assert run("play", "gaussian_squeeze", "--json").json["length"] == 1
    refused = run("play", "gaussian_squeeze", "--out", str(tmp_path / "x.gif"))
    assert refused.code == 2
    assert "gaussian_squeeze: has no picture" in refused.err


@pytest.mark.parametrize(("arguments", "said"), [
    (("skirmish/3mm",), "Did you mean 'skirmish/3m'?"),
    ((SMALL, "--policy", "nearst"), "Did you mean 'nearest'?"),
    ((SMALL, "--policy", "nearst"), "scripts of skirmish/3m:limit=8: attack_move, nearest, weakest, any_target"),
    (("group_matching", "--policy", "nearest"), "group_matching has no scripts"),
    ((SMALL, "--policy", "runs/none"), "there is no run runs/none"),
    ((SMALL, "--out", "battle.mp4"), "--out battle.mp4: the name must end in .gif"),
    ((SMALL, "--strip", "battle.gif"), "--strip battle.gif: the name must end in .png or .pdf or .svg"),
    ((SMALL, "--out", "nowhere/battle.gif"), "there is no folder nowhere"),
    ((SMALL, "--out", "folder.gif"), "is a folder"),
    ((SMALL, "--want", "win"), "none of 1,024 episodes ended in a win"),
    ((SMALL, "--device", "tpu"), "there is no device 'tpu'"),
    ((SMALL, "--frames", "0"), "--frames"),
])
def test_mistakes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
                  said: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.gif").mkdir()
    ran = run("play", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.gif"]


def test_nothing_is_half_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops a file from being written leaves the old one, and no other."""
    out = tmp_path / "battle.gif"
    out.write_bytes(b"old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ran = run("play", SMALL, "--out", str(out), "--frames", "2", "--json")
    assert ran.code == 2
    assert "cannot be written: no space left on device" in ran.json["diagnostics"][0]["message"]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.slow
def test_a_trained_policy_plays_what_eval_plays(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trained = run("train", "vdn_attention", "--env", SMALL, "--set", "learner.replay.batch=4", "--set",
                  "learner.replay.start=4", "--set", "params.embed=8", "--threads", "1", "--eval-episodes", "4",
                  "--updates", "2", "--seed", "5", "--run", str(folder))  # fmt: skip
    assert trained.code == 0, trained.err
    row = run("eval", str(folder), "--episodes", "3", "--json").json["rows"][2]
    gif = tmp_path / "battle.gif"
    played = run("play", SMALL, "--policy", str(folder), "--episode", "2", "--out", str(gif), "--json").json
    assert {name: played[name] for name in row} == row
    assert (played["seed"], gif.is_file()) == (5, True)
    checkpoint = max((folder / "checkpoints").glob("0*"))
    again = run("play", SMALL, "--policy", str(checkpoint), "--episode", "2", "--json").json
    assert {name: again[name] for name in row} == row
    refused = run("play", "skirmish/8m", "--policy", str(folder))
    assert refused.code == 2
    assert "was trained in skirmish/3m:limit=8, which skirmish/8m is not like" in refused.err
    assert run("eval", str(folder), "--env", "skirmish/8m").err == refused.err
    other = "skirmish/3m:limit=5,opponent=passive"
    rows = run("eval", str(folder), "--env", other, "--episodes", "2", "--json").json["rows"]
    assert [row["length"] for row in rows] == [5, 5]
    assert "agent: 3 there, 8 here" in refused.err
