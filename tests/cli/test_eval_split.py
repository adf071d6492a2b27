"""What was trained on one split of predator-prey acts in the other, whose numbers training never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

TRAIN = ("prey/various_num:size=5,limit=4,agents=2+3,preys=2+3,landmarks=1,"
         "test_agents=4+5,test_preys=4+5,test_landmarks=2")  # fmt: skip
TEST = f"{TRAIN},split=test"
SEEN, UNSEEN = ({f"{agents}x{preys}" for agents in numbers for preys in numbers} for numbers in ("23", "45"))


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["opt", "refil", "qmix_attention"])
def test_a_run_is_evaluated_on_the_split_that_it_never_saw(run: Run, tmp_path: Path, spec: str) -> None:
    folder = str(tmp_path / "run")
    trained = run("train", spec, "--env", TRAIN, "--set", "learner.replay.batch=4", "--set", "learner.replay.start=4",
                  "--set", "params.embed=8", "--set", "params.hyper=8", "--threads", "1", "--eval-episodes", "8",
                  "--updates", "2", "--seed", "3", "--run", folder)  # fmt: skip
    assert trained.code == 0, trained.err
    rows, unseen = (run("eval", folder, "--episodes", "64", *env, "--json").json["rows"]
                    for env in ((), ("--env", TEST)))
    for played, tasks in ((rows, SEEN), (unseen, UNSEEN)):
        assert {row["task"] for row in played} == tasks
    row = unseen[2]
    played = run("play", TEST, "--policy", folder, "--episode", "2", "--out", str(tmp_path / "prey.gif"), "--json").json
    assert {name: played[name] for name in row} == row
    refused = run("eval", folder, "--env", TEST.replace("test_agents=4+5", "test_agents=6"))
    assert refused.code == 2
    assert "agent: 5 there, 6 here" in refused.err
