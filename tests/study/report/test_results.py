"""Results: a small file says what the runs said, wherever it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compose.language.diagnostics import SpecError
from compose.study.file.reading import load_study
from compose.study.report.studies import asked, there
from compose.study.results import read_results, results
from compose.study.runs.planned import planned
from tests.cli.conftest import Run, run
from tests.study.report.made import TEXT, made

__all__ = ["run"]


def test_a_report_of_results_says_what_that_of_the_runs_does(run: Run, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, leave=("seed 2",))
    of_runs = run("study", "report", "two.yaml", "--json").json
    kept = run("study", "results", "two.yaml", "-o", "two.json")
    assert kept.code == 0
    assert kept.out.splitlines()[0].startswith("two.json  12 of 16 runs, ")
    assert kept.out.count("not made yet") == 4
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    of_file = run("study", "report", "two.yaml", "--results", "two.json", "--json").json
    assert [one["what"] for one in of_file["missing"]] == [one["what"] for one in of_runs["missing"]]
    assert json.dumps({**of_file, "missing": []}) == json.dumps({**of_runs, "missing": []})
    page = run("study", "report", "two.yaml", "--results", "two.json")
    assert page.out.splitlines()[0] == "report.html  12 of 16 runs"
    assert "would be others" not in page.out


def test_what_has_changed_since_is_said(tmp_path: Path) -> None:
    loaded, plan, workspace = made(tmp_path)
    text = results("two", there(loaded, plan, workspace))
    (tmp_path / "two.json").write_text(text)
    assert len(text) < 60_000
    longer = (tmp_path / "two.yaml").read_text().replace("episodes: 16}", "episodes: 32}")
    (tmp_path / "two.yaml").write_text(longer)
    other = load_study(str(tmp_path / "two.yaml"))
    found = read_results(tmp_path / "two.json", planned(other))
    assert (len(found.runs), len(found.changed), found.missing) == (16, 16, ())
    assert read_results(tmp_path / "two.json", plan).changed == ()
    assert asked(loaded, plan, found).methods["vdn_attention"].every()[0].about.made.keys() == {"date", "processor",
                                                                                                 "cores"}


@pytest.mark.parametrize(("damage", "code"), [
    (lambda data: data.pop("runs"), "run.damaged"),
    (lambda data: data.update(study="other"), "results.study"),
    (lambda data: data["runs"].append(data["runs"][0]), "run.damaged"),
    (lambda data: data["runs"][0]["env_steps"].reverse(), "run.damaged"),
    (lambda data: data["runs"][0]["updates"].pop(), "run.damaged"),
    (lambda data: data["runs"][0]["tasks"]["match"]["means"].pop("success"), "run.damaged"),
    (lambda data: data["runs"][0]["tasks"]["match"]["means"].update(success=["a"]), "run.damaged"),
    (lambda data: data["runs"][0]["tasks"]["match"].update(episodes=[10**12] * 6), "run.damaged"),
    (lambda data: data["runs"][0].update(tasks={}), "run.damaged"),
    (lambda data: data.update(results=2), "run.damaged"),
])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object, code: str) -> None:
    loaded, plan, workspace = made(tmp_path, TEXT, leave=("seed 1", "seed 2", "seed 3"))
    data = json.loads(results("two", there(loaded, plan, workspace)))
    damage(data)  # type: ignore[operator]
    path = tmp_path / "two.json"
    path.write_text(json.dumps(data))
    with pytest.raises(SpecError) as caught:
        read_results(path, plan)
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_mistakes_write_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, leave=("seed",))
    for arguments in (("results", "two.yaml", "-o", "r.txt"), ("results", "tow.yaml"),
                      ("report", "two.yaml", "--results", "none.json")):
        ran = run("study", *arguments)
        assert (ran.code, bool(ran.err)) == (2, True)
    assert {path.name for path in tmp_path.iterdir()} == {"two.yaml", "runs"}
