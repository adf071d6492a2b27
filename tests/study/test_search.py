"""Searches: ranges as files say them, trials that go on where they stopped, what is found as a spec."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic_core import PydanticCustomError

from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.study.file.model import Search
from compose.study.file.ranges import Range
from compose.study.runs.planned import Plan, run_path
from compose.study.runs.standing import Standing
from compose.study.runs.workspace import Workspace
from compose.study.search.best import write_best
from compose.study.search.rounds import Searching
from compose.study.search.trials import Trials
from tests.cli.conftest import Run, run
from tests.study.small import ENV, SET, read, write

__all__ = ["run"]
TEXT = f"""compose: 1
study: searched
specs: {{refil: {{spec: refil_group_matching, set: {SET}}}}}
envs: ["{ENV}"]
seeds: 0
train: {{updates: 4, eval: {{every: 50 env_steps, episodes: 4}}}}
vary:
  search: {{params.lambda: "uniform(0, 1)", learner.optimizers.main.lr: "log(1e-4, 1e-2)"}}
  trials: 6
"""


@pytest.mark.parametrize(("raw", "kind", "low", "high"), [
    ("uniform(0, 1)", "uniform", 0, 1), ("log( 1e-4 ,1e-2 )", "log", 1e-4, 1e-2), ("int(1, 8)", "int", 1, 8),
    (["a", "b"], "choice", 0, 0), ((1, 2, 3), "choice", 0, 0),
])  # fmt: skip
def test_ranges(raw: object, kind: str, low: float, high: float) -> None:
    found = Range.read(raw)
    assert (found.kind, found.low, found.high) == (kind, low, high)


@pytest.mark.parametrize(("raw", "said"), [
    ("uniform(0)", "expected uniform"), ("uniform(1, 0)", "1 is not below 0"), ("log(0, 1)", "bounds above 0"),
    ("int(1, 2.5)", "whole numbers"), ("uniform(0, inf)", "'inf' is no number"), ("uniform(a, 1)", "'a' is no number"),
    ([1], "two values or more"), ([[1], [2]], "two values or more"), (3, "expected uniform"), (None, "expected"),
    ("normal(0, 1)", "expected uniform"),
])  # fmt: skip
def test_no_ranges(raw: object, said: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        Range.read(raw)
    assert said in str(caught.value)


@pytest.mark.parametrize(("change", "said"), [
    (("params.lambda:", "params.lamda:"), "can be set in none of the specs"),
    (("uniform(0, 1)", "uniform(0, one)"), "'one' is no number"),
    (("trials: 6", "trials: 6, by: grid"), "search"),
    (("trials: 6", "trial: 6"), "the search has no field 'trial'"),
    (("vary:", "claims: {a: refil > refil2}\nvary:"), "claims nothing"),
])  # fmt: skip
def test_mistakes(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, TEXT.replace(*change))
    assert said in str(caught.value)


def pretend(workspace: Workspace, plan: Plan, calls: list[float]) -> Sequence[Standing]:
    """Runs whose success is the better the nearer lambda is to 0.7."""
    found = []
    for one in plan.runs:
        path = run_path(workspace.runs, one)
        path.mkdir(parents=True, exist_ok=True)
        spec = float(one.method.split("lambda=")[1].split(",")[0])
        share = one.ends["updates"] / 4
        calls.append(share)
        row = {"env_steps": one.ends["updates"] * 10, "updates": one.ends["updates"], "episode": 0, "length": 3,
               "return": 1 - abs(spec - 0.7), "success": True, "task": "a"}
        (path / "evals.jsonl").write_text(json.dumps(row) + "\n")
        about = {"spec_hash": "x", "schema_hash": "y", "env": one.env, "seed": one.seed}
        (path / "run.json").write_text(json.dumps(about))
        found.append(Standing(one, "done", {}))
    return found


def searching(tmp_path: Path, text: str) -> tuple[Searching, list[float], list[str]]:
    loaded = read(tmp_path, text)
    workspace = Workspace.of(tmp_path / "runs", "searched")
    calls: list[float] = []
    said: list[str] = []
    made = Searching(loaded, workspace, lambda plan: pretend(workspace, plan, calls), 2, said.append)
    return made, calls, said


def test_trials_are_made_and_the_best_is_found(tmp_path: Path) -> None:
    one = searching(tmp_path, TEXT.replace("trials: 6", "trials: 30\nmeasure: {score: return}"))[0]
    one.run()
    tried = one.trials("refil").tried
    assert len(tried) == 30
    best = max(tried, key=lambda each: each.score or 0)
    assert abs(best.setting["params.lambda"] - 0.7) < 0.1
    assert all(1e-4 <= each.setting["learner.optimizers.main.lr"] <= 1e-2 for each in tried)
    path = write_best(one.loaded, "refil", best.setting, one.workspace.path)
    found = load(str(path)).spec
    assert found.data()["params"]["lambda"] == best.setting["params.lambda"]
    assert "extends: refil_group_matching" in path.read_text()


def test_a_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = searching(tmp_path, TEXT)[0]
    search = Search.model_validate({"search": {"params.lambda": Range.read("uniform(0, 1)")}, "trials": 6})
    journal = tmp_path / "one.journal"
    trials = Trials(journal, search, ["params.lambda"])
    for score in (0.1, 0.2):
        trials.tell(trials.ask(), score)
    lost = trials.ask()  # its process dies
    again = Trials(journal, search, ["params.lambda"])
    assert [one.score for one in again.tried] == [0.1, 0.2]
    assert again.ask().setting == lost.setting
    fresh = again.ask().setting
    assert fresh not in [one.setting for one in again.tried]
    other = search.model_copy(update={"search": {"params.lambda": Range.read("uniform(0, 2)")}})
    with pytest.raises(SpecError, match="a search of other settings or ranges"):
        Trials(journal, other, ["params.lambda"])
    assert whole.loaded.methods[0].label == "refil"


def test_what_is_behind_goes_no_further(tmp_path: Path) -> None:
    text = TEXT.replace("trials: 6", "trials: 24\n  prune: median\nmeasure: {score: return}")
    one, calls, _ = searching(tmp_path, text)
    one.run()
    tried = one.trials("refil").tried
    assert len(tried) == 24
    early = sum(each.score is None for each in tried)
    assert 4 <= early <= 18
    assert calls.count(0.25) == 24
    assert calls.count(1.0) == 24 - early


def test_trials_that_fail_do_not_count(tmp_path: Path) -> None:
    one, _, said = searching(tmp_path, TEXT)
    one.drive = lambda plan: [Standing(each, "failed", {}) for each in plan.runs]
    one.run()
    assert one.trials("refil").tried == []
    assert one.trials("refil").failed >= 20
    assert said


def test_without_optuna(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    one = searching(tmp_path, TEXT)[0]
    with pytest.raises(SpecError, match=r"pip install 'compose-marl\[search\]'"):
        one.run()


@pytest.mark.more
def test_the_command_searches_and_goes_on(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("trials: 6", "trials: 2"))
    folder = ("--runs", str(tmp_path / "runs"))
    assert run("study", "status", path, *folder).code == 0
    first = run("study", "run", path, *folder, "--workers", "2")
    assert first.code == 0, first.err
    assert "refil: 2 trials" in first.out
    best = next((tmp_path / "runs").glob("study-searched/*_found.yaml"))
    assert run("check", str(best), "--env", ENV).code == 0
    more = write(tmp_path, TEXT.replace("trials: 6", "trials: 3"))
    again = run("study", "run", more, *folder, "--workers", "2")
    assert again.code == 0, again.err
    assert "refil: 3 trials" in again.out
    assert len(list((tmp_path / "runs").glob("refil*/summary.json"))) == 3
