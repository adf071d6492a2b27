"""Evaluations as files for other tools: all of one shape, and what does not fit is said."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from compose.language.diagnostics import SpecError
from compose.study.export.marl_eval import marl_eval
from compose.study.gathering import lines
from tests.cli.conftest import Run, run
from tests.study.runs import write_run, write_seeds

__all__ = ["run"]


def shape(data: Any) -> None:
    """The rules of marl-eval's own check, and those that its matrices rest on."""
    for tasks in data.values():
        algorithms = {tuple(sorted(methods)) for methods in tasks.values()}
        runs = {tuple(found) for methods in tasks.values() for found in methods.values()}
        steps = [one for methods in tasks.values() for found in methods.values() for one in found.values()]
        assert len(algorithms) == len(runs) == 1
        assert not [name for name in algorithms.pop() if "," in name]
        assert len({tuple(one) for one in steps}) == 1
        assert list(steps[0])[-1] == "absolute_metrics"
        metrics = {tuple(sorted(set(step) - {"step_count"})) for one in steps for step in one.values()}
        assert len(metrics) == 1
        assert "elapsed_time" not in metrics.pop()
        assert all(isinstance(step["step_count"], int) for one in steps for name, step in one.items()
                   if name != "absolute_metrics")


def test_runs_of_one_shape_are_taken_over_whole(tmp_path: Path) -> None:
    for spec in ("alpha", "beta"):
        for env in ("ring/3", "ring:agents=4,cells=2", "line"):
            write_seeds(tmp_path / spec / env, 3, spec=spec, env=env)
    data, out = marl_eval(lines([tmp_path])[0])
    assert [one for one in out if "normalised returns" not in one.why] == []
    shape(data)
    assert {env: list(tasks) for env, tasks in data.items()} == {"line": ["line"], "ring": ["3", "agents=4,cells=2"]}
    one = data["ring"]["3"]["alpha"]["seed_1"]
    assert one["step_2"] == {"step_count": 2001, "success": [1.0, 0, 0, 0, 0, 0], "return": [2.0, -1, -1, -1, -1, -1],
                             "length": [3.0, 4, 5, 6, 7, 8], "tags": [0.0, 1, 2, 3, 4, 5]}
    assert len(one["absolute_metrics"]["return"]) == 5 * 6
    json.dumps(data, allow_nan=False)


def test_what_does_not_fit_is_left_out_and_said(tmp_path: Path) -> None:
    write_seeds(tmp_path / "a" / "3", 3, env="ring/3")
    write_seeds(tmp_path / "a" / "8", 2, env="ring/8")
    write_seeds(tmp_path / "a" / "9", 2, env="ring/9")
    write_seeds(tmp_path / "b" / "3", 2, spec="b,b", env="ring/3")
    write_seeds(tmp_path / "b" / "8", 2, spec="b,b", env="ring/8", steps=(0, 2000, 4000))
    data, out = marl_eval(lines([tmp_path])[0])
    shape(data)
    assert list(data["ring"]) == ["3", "8"]
    assert list(data["ring"]["3"]) == ["alpha", "b;b"]
    said = [str(one) for one in out]
    assert "ring, 9: b;b has no run in it" in said
    assert "ring, 3, alpha: seeds 2, since others have 2 runs" in said
    assert any("evaluations after the first 3 (3 of them)" in text for text in said)
    assert any(text.startswith("ring: evaluations are ") for text in said)


def test_seeds_that_differ_are_numbered(tmp_path: Path) -> None:
    write_run(tmp_path / "a", seed=3)
    write_run(tmp_path / "b", "beta", seed=4)
    data, _ = marl_eval(lines([tmp_path])[0])
    assert [list(runs) for runs in data["ring"]["3"].values()] == [["run_0"], ["run_0"]]


def test_measures_that_marl_eval_would_lose_are_renamed_or_left_out(tmp_path: Path) -> None:
    for folder in (write_run(tmp_path / "a"), write_run(tmp_path / "b", "beta")):
        path = folder / "evals.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        rows = [{**row, "team_return": 1, "holes": None, **({"only": 1} if folder.name == "a" else {})} for row in rows]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data, out = marl_eval(lines([tmp_path])[0])
    assert set(data["ring"]["3"]["alpha"]["seed_0"]["absolute_metrics"]) == {"success", "return", "length", "tags",
                                                                             "team-return"}
    assert {one.what: one.why for one in out} == {"ring, holes": "it was no number in some episode",
                                                  "ring, only": "not all runs measure it"}


def test_the_largest_return_that_marl_eval_misses_is_said(tmp_path: Path) -> None:
    """A list that lowers the minimum cannot also raise the maximum."""
    folder = write_run(tmp_path / "a", steps=(0, 1000, 2000), episodes=2)
    path = folder / "evals.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, "return": value}) + "\n"
                            for row, value in zip(rows, (5, 6, 0, 10, 5, 6), strict=True)))
    found, _ = lines([tmp_path])
    _, out = marl_eval(found, window=1)
    assert [one.why for one in out] == ["marl-eval 0.0.4 will take 6 for the largest return, which is 10: normalised "
                                        "returns pass 1"]
    assert marl_eval(found)[1] == [], "the absolute metric has the 10 again, and lowers nothing"


def test_names_in_upper_and_lower_case_are_one(tmp_path: Path) -> None:
    write_run(tmp_path / "a", env="ring/3M")
    write_run(tmp_path / "b", env="ring/3m")
    with pytest.raises(SpecError, match="'3m' and '3M' are one name") as caught:
        marl_eval(lines([tmp_path])[0])
    assert caught.value.diagnostics[0].code == "export.names"


def test_no_task_of_all(tmp_path: Path) -> None:
    write_run(tmp_path / "a", env="ring/3")
    write_run(tmp_path / "b", "beta", env="ring/8")
    with pytest.raises(SpecError, match=r"export\.tasks"):
        marl_eval(lines([tmp_path])[0])


def test_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_seeds(tmp_path / "a", 2)
    ran = run("export-results", "a", "--format", "marl-eval", "-o", "r.json")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "r.json  2 runs, 1 specs, 1 environments")
    shape(json.loads((tmp_path / "r.json").read_text()))
    assert run("export-results", "a", "--format", "csv", "-o", "r.csv", "--json").json["lines"][0]["runs"] == 2
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 6 * 6
    assert rows[-1] == {"spec": "alpha", "env": "ring/3", "seed": "1", "run": "a/seed_001", "env_steps": "5002",
                        "updates": "500", "episode": "5", "task": "match", "return": "-1.0", "length": "8",
                        "success": "0", "tags": "5"}


@pytest.mark.parametrize(("arguments", "said"), [
    (("a", "--format", "csv", "-o", "r.json"), "the name must end in .csv"),
    (("a", "--format", "json", "-o", "r.json"), "'json' is not one of"),
    (("a", "--format", "csv"), "Missing option"),
    (("b", "--format", "csv", "-o", "r.csv"), "there is no run b"),
])
def test_mistakes_write_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
                                said: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "a")
    ran = run("export-results", *arguments)
    assert (ran.code, said in " ".join(ran.err.split())) == (2, True), ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
