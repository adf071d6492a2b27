"""``compose train --json``: a record a line on standard output, and nothing else."""

from __future__ import annotations

import io
import json
import signal
import sys
from pathlib import Path

import pytest

from compose.cli.lines import Lines
from tests.cli.conftest import Run

TINY = ("train", "vdn_attention", "--env", "group_matching/small", "--updates", "1", "--eval-episodes", "2", "--json",
        "--set", "params.embed=8", "--set", "params.hidden=8", "--set", "params.heads=1",
        "--set", "learner.replay.start=2", "--set", "learner.replay.batch=2", "--set", "learner.environments=2")


def test_records(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    ran = run(*TINY, "--run", folder, "--chance", "2", "--mark", "1")
    told = [json.loads(line) for line in ran.out.splitlines()]
    events = [record["event"] for record in told]
    assert (ran.code, events[0], events[-1]) == (1, "begin", "summary")
    assert set(events) == {"begin", "chance", "progress", "evaluation", "summary"}
    assert told[0] == {"event": "begin", "seed": 0, "run": folder, "spec": "vdn_attention",
                       "env": "group_matching/small", "resumed": False}
    last = [record for record in told if record["event"] == "evaluation"][-1]
    assert last["clocks"]["updates"] == 1
    assert last["score"] == told[-1]["final"]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert told[-1] == {"event": "summary", "seed": 0, "run": folder, **summary}
    assert "mark 1.00: not reached" in ran.err


def test_several_seeds(run: Run, tmp_path: Path) -> None:
    ran = run(*TINY, "--run", str(tmp_path / "many"), "--seeds", "0,3", "--together")
    told = [json.loads(line) for line in ran.out.splitlines()]
    ends = [(record["event"], record.get("seed")) for record in told[-3:]]
    assert ends == [("summary", 0), ("summary", 3), ("seeds", None)]
    assert {record["seed"] for record in told if record["event"] == "evaluation"} == {0, 3}
    assert {tuple(record["seeds"]) for record in told if record["event"] == "progress"} == {(0, 3)}


def test_mistakes(run: Run) -> None:
    ran = run("train", "refill", "--env", "group_matching", "--updates", "1", "--json")
    (record,) = map(json.loads, ran.out.splitlines())
    assert (ran.code, ran.err, record["event"]) == (2, "", "error")
    assert record["diagnostics"][0]["hint"] == "Did you mean 'refil'?"


def test_a_reader_that_is_gone_stops_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    raised: list[int] = []
    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    lines = Lines()
    lines({"event": "begin"})
    lines({"event": "progress"})
    assert (raised, lines.gone) == ([signal.SIGINT], True)
