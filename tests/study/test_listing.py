"""``compose runs``, and what ``run.json`` keeps of the machine and the moment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from compose.study.runs.listing import runs_in
from compose.study.runs.work import Worker
from compose.training.surroundings import surroundings
from tests.cli.conftest import Run, run
from tests.study.small import TEXT, begin

__all__ = ["run"]


def test_runs_are_listed(run: Run, tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    Worker(workspace).one(plan.runs[0])
    stopped = workspace.runs / "deep" / "stopped"
    stopped.mkdir(parents=True)
    text = (workspace.runs / plan.runs[0].folder / "run.json").read_text()
    (stopped / "run.json").write_text(text)
    (workspace.runs / "damaged").mkdir()
    (workspace.runs / "damaged" / "run.json").write_text("{")
    found = {one.path.name: one for one in runs_in(workspace.runs)}
    assert {name: one.state for name, one in found.items()} == {
        plan.runs[0].folder: "done", "stopped": "stopped", "damaged": "damaged"}
    done = found[plan.runs[0].folder]
    assert (done.spec, done.seed, done.clocks["updates"]) == ("vdn_attention", 0, 3)  # type: ignore[index]
    assert done.bytes > 1000
    assert done.date.startswith("20")
    told = run("runs", str(workspace.runs))
    assert "3 runs" in told.out
    assert "does not hold what a run writes there" in told.out
    assert len(run("runs", str(workspace.runs), "--spec", "vdn", "--json").json["runs"]) == 2
    assert run("runs", str(workspace.runs), "--spec", "refil").out.endswith("no runs\n")
    assert run("runs", str(tmp_path / "nowhere")).code == 2


def test_what_a_run_keeps_of_the_moment(tmp_path: Path) -> None:
    spec = tmp_path / "mine.yaml"
    spec.write_text("compose: 1\n")
    assert "commit" not in surroundings(str(spec))
    assert "commit" not in surroundings("<text>")

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True,
                              check=True).stdout.strip()

    git("init", "-q")
    assert "commit" not in surroundings(str(spec))  # nothing is committed yet
    git("add", "mine.yaml")
    git("commit", "-qm", "one")
    head = git("rev-parse", "HEAD")
    found = surroundings(str(spec))
    assert found["commit"] == head
    assert {"date", "host", "processor", "cores"} <= set(found)
    spec.write_text("compose: 1\nname: changed\n")
    assert surroundings(str(spec))["commit"] == f"{head}+"


def test_a_resumed_run_keeps_when_it_was_begun(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    Worker(workspace).one(plan.runs[0])
    path = workspace.runs / plan.runs[0].folder / "run.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "made": {"host": "there"}}))
    longer, workspace = begin(tmp_path, TEXT.replace("updates: 3", "updates: 4"))
    Worker(workspace).one(longer.runs[0])
    after = json.loads(path.read_text())
    assert after["made"] == {"host": "there"}
    assert after["settings"]["updates"] == 4
