"""Curves of runs: one run, several on one grid, and which runs are meant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from compose.language.diagnostics import SpecError
from compose.study.curves import furthest_common, read_run, usual_measure
from compose.study.gathering import lines, run_folders
from compose.study.grid import one_grid
from tests.study.runs import STEPS, write_run, write_seeds


def test_a_curve_is_what_the_evaluations_say(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a"))
    assert run.env_steps.tolist() == list(STEPS)
    assert run.measures == ("success", "return", "length", "tags")
    assert run.means("success").tolist() == pytest.approx([i / 6 for i in range(6)])
    assert [v.tolist() for v in run.values("return")][1] == [2, -1, -1, -1, -1, -1]
    assert run.means("tags").tolist() == [2.5] * 6
    assert run.against("updates").tolist() == [step // 10 for step in STEPS]
    assert run.against("seconds").tolist() == pytest.approx([step / 100 for step in STEPS])
    assert (run.spec, run.reached, usual_measure([run]), run.seconds) == ("alpha", 5002, "success", 50.02)


@pytest.mark.parametrize(("at", "window", "expected"), [
    (None, 5, 3 / 6), (None, 2, 4.5 / 6), (None, 99, 3 / 6), (4000, 1, 3 / 6), (4010, 1, 4 / 6), (4009, 2, 3.5 / 6),
    (2000, 5, 1.5 / 6), (1000, 1, 1 / 6), (5002, 1, 5 / 6), (5003, 1, None), (600, 5, 0.0),
])
def test_the_value_at_a_step(tmp_path: Path, at: int | None, window: int, expected: float | None) -> None:
    """An evaluation waits for the end of an episode: that of 1003 is one at 1000, up to 1 % after."""
    found = read_run(write_run(tmp_path / "a")).value("success", at, window)
    if at == 4000:
        expected = 4 / 6
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_evaluation_before_the_first_update_counts_only_where_there_is_no_other(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a"))
    assert len(run.chosen(None, 99)) == 5
    assert run.chosen(500) == [0]


def test_tasks_of_an_environment(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a", tasks=("x", "y")))
    assert run.tasks == ("x", "y")
    assert run.means("tags", "x").tolist() == [2] * 6
    assert run.value("tags", task="y") == 3
    assert run.value("tags", task="z") is None


def test_numbers_that_are_none_make_no_mean(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    path = folder / "evals.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[-1]["tags"] = None
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = read_run(folder)
    assert np.isnan(run.means("tags")).tolist() == [False] * 5 + [True]
    assert run.value("tags") is None
    assert run.value("tags", 4010) == 2.5


def test_other_measures_are_refused_with_the_right_name(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a"))
    for name, hint in (("solved", "Did you mean 'success'?"), ("tag", "Did you mean 'tags'?"),
                       ("q", "it has: success, return, length, tags"), ("task", "it has:")):
        with pytest.raises(SpecError) as caught:
            run.means(name)
        assert caught.value.diagnostics[0].code == "measure.unknown"
        assert hint in str(caught.value)


@pytest.mark.parametrize(("name", "text", "said"), [
    ("evals.jsonl", '{"env_steps": 1}\n', "updates: field required"),
    ("evals.jsonl", "[]\n", "expected an object"),
    ("metrics.jsonl", '{"env_steps": 5, "wall": 3}\n', "does not hold"),
    ("metrics.jsonl", '{"env_steps": 5, "wall": {"seconds": 1}}\n{"env_steps": 4, "wall": {"seconds": 2}}\n',
     "rows that go back in time"),
    ("metrics.jsonl", '{"env_steps": 5, "wall": {"seconds": 1e999}}\n', "seconds that are no number"),
    ("run.json", "{", "does not hold"),
])
def test_damaged_runs_are_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    folder = write_run(tmp_path / "a")
    (folder / name).write_text(text)
    with pytest.raises(SpecError) as caught:
        read_run(folder)
    assert caught.value.diagnostics[0].code == "run.damaged"
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_evaluations_that_go_back_in_time(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="evaluations that go back in time"):
        read_run(write_run(tmp_path / "a", steps=(0, 1000, 500)))


def test_a_run_that_is_still_written_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    text = (folder / "evals.jsonl").read_text()
    (folder / "evals.jsonl").write_text(text[:-9])
    assert len(read_run(folder)) == 6
    (folder / "evals.jsonl").unlink()
    (folder / "metrics.jsonl").unlink()
    run = read_run(folder)
    assert (len(run), run.value("success"), run.reached, run.tasks) == (0, None, 0, ())


def test_one_grid_by_rank(tmp_path: Path) -> None:
    a = read_run(write_run(tmp_path / "a"))
    b = read_run(write_run(tmp_path / "b", seed=1, steps=(0, 1000, 2400, 3000, 4000, 5000)))
    grid = one_grid([a, b], "success")
    assert grid.x.tolist() == [0, 1001.5, 2200.5, 3000, 4005, 5001]
    assert grid.y.shape == (6, 2)
    assert grid.left_out == ()


def test_one_grid_of_unequal_lengths_ends_with_the_shortest(tmp_path: Path) -> None:
    a = read_run(write_run(tmp_path / "a"))
    b = read_run(write_run(tmp_path / "b", steps=(0, 1000, 2000)))
    grid = one_grid([a, b], "success")
    assert grid.x.tolist() == [0, 1001.5, 2000.5]
    (out,) = grid.left_out
    assert out.what == str(tmp_path / "b")
    assert out.why == "ends at 2,000 env steps, and with it the mean of 2 runs; the longest goes to 5,002"


def test_one_grid_of_other_spacings_is_interpolated(tmp_path: Path) -> None:
    a = read_run(write_run(tmp_path / "a", steps=(0, 1000, 2000, 3000, 4000)))
    b = read_run(write_run(tmp_path / "b", steps=(0, 2000, 4000)))
    grid = one_grid([a, b], "success")
    assert grid.x.tolist() == [0, 2000, 4000]
    assert (grid.y * 6).ravel().tolist() == pytest.approx([0, 0, 2, 2, 4, 4])
    timed = one_grid([a, read_run(write_run(tmp_path / "c", seconds=0.02, steps=(0, 1000, 2000, 3000)))], "success",
                     "seconds")
    assert timed.x.tolist() == [0, 20, 40]
    assert timed.y[-1].tolist() == pytest.approx([4 / 6, 2 / 6])


def test_one_grid_without_some_runs(tmp_path: Path) -> None:
    a = read_run(write_run(tmp_path / "a"))
    none = write_run(tmp_path / "b")
    (none / "evals.jsonl").unlink()
    grid = one_grid([read_run(none), a], "success")
    assert (grid.runs, [out.why for out in grid.left_out]) == ((a,), ["no evaluation of success"])
    assert one_grid([read_run(none)], "success").x.tolist() == []
    assert [out.why for out in one_grid([a], "success", task="z").left_out] == ["no evaluation of success in z"]


def test_no_time_without_metrics(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    (folder / "metrics.jsonl").unlink()
    with pytest.raises(SpecError, match=r"run\.clock"):
        one_grid([read_run(folder)], "success", "seconds")


def test_runs_are_found_below_folders(tmp_path: Path) -> None:
    write_seeds(tmp_path / "study" / "alpha", 3)
    write_run(tmp_path / "study" / "beta", "beta")
    (tmp_path / "study" / "beta" / "checkpoints" / "run.json").mkdir(parents=True)
    found = run_folders([tmp_path / "study", tmp_path / "study" / "alpha" / "seed_001"])
    assert [str(one.relative_to(tmp_path / "study")) for one in found] == [
        "alpha/seed_000", "alpha/seed_001", "alpha/seed_002", "beta"]
    groups, out = lines([tmp_path])
    assert [(line.name, line.env, len(line.runs)) for line in groups] == [("alpha", "ring/3", 3), ("beta", "ring/3", 1)]
    assert out == []
    assert furthest_common([*groups[0].runs]) == 5002


def test_runs_that_count_for_nothing_are_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", seed=4)
    write_run(tmp_path / "again", seed=4, steps=(0, 1000))
    (write_run(tmp_path / "new", seed=5) / "evals.jsonl").unlink()
    (line,), out = lines([tmp_path])
    assert [run.folder.name for run in line.runs] == ["a"]
    assert [(Path(one.what).name, one.why.partition(":")[2] or one.why) for one in out] == [
        ("new", "has not been evaluated yet"), ("again", " the same spec, environment and seed")]
    with pytest.raises(SpecError, match=r"run\.empty"):
        lines([tmp_path / "new"])


def test_specs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write_run(tmp_path / "x" / "seed_000")
    write_run(tmp_path / "y" / "seed_000", spec_hash="another")
    write_run(tmp_path / "y" / "seed_001", spec_hash="a third", seed=1)
    write_run(tmp_path / "z" / "seed_000", "beta")
    names = [line.name for line in lines([tmp_path])[0]]
    assert names == ["alpha (x)", "alpha (y) anothe-hash", "alpha (y) a thir-hash", "beta"]


def test_folders_without_runs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write_run(tmp_path / "first")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SpecError) as caught:
        run_folders([tmp_path / "firts", tmp_path / "file", tmp_path / "empty", tmp_path / "no" / "where"])
    text = str(caught.value)
    assert len(caught.value.diagnostics) == 4
    assert {one.code for one in caught.value.diagnostics} == {"run.missing"}
    assert "Did you mean 'first'?" in text
    assert "is a file" in text
    assert "there is no run in" in text


def test_reading_curves_imports_no_torch() -> None:
    code = ("import compose.study.gathering, compose.study.grid, compose.study.verdicts, sys; "
            "print(*{'torch', 'matplotlib', 'tensordict'} & set(sys.modules))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
