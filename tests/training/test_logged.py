"""What a spec asks to be logged: in metrics.jsonl, by task, the same whichever way a program is computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.compiler.passes import PASSES
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.language.load import load
from compose.training.folder import RunFolder
from compose.training.logged import by_task
from compose.training.rollout import tensors
from tests.training.together.small import alone as trained
from tests.training.together.small import logs, place, together

ENV = schema("group_matching:tasks=3x1+4x2+5x2,cells=3,limit=6")
LOG = ("log.value=q_tot", "log.reward=env.reward", "log.solved=env.success")
SMALL = ("params.embed=8", "params.hyper=8", "params.heads=2")
BATCH = 7


def graph() -> Graph:
    return build_graph(load("refil_group_matching", [*SMALL, *LOG]), ENV)


def batch() -> dict[str, Tensor]:
    return tensors(fake_batch(ENV, 0, batch=BATCH, dtype=torch.float64))


@pytest.mark.parametrize("passes", [(), PASSES], ids=["plain", "passes"])
def test_sums_are_of_what_counts_by_task(passes: tuple[object, ...]) -> None:
    of = Model(graph(), seed=1, dtype=torch.float64, passes=passes)  # type: ignore[arg-type]
    plain = Model(build_graph(load("refil_group_matching", SMALL), ENV), seed=1, dtype=torch.float64, passes=(),
                  taps=("q_tot",))
    fields = batch()
    drawn = of.draw("learn", 0, 0, torch.arange(BATCH))
    q_tot = plain.learn(fields, drawn).taps["q_tot"].detach()
    found = by_task(of.learn(fields, drawn).logged, fields, ENV.tasks)
    steps, task = fields["steps"], fields["task"]
    for name, x in (("value", q_tot), ("reward", fields["reward"])):
        assert found[name] == pytest.approx((float(x[steps].sum()), int(steps.sum())))
        for k, label in enumerate(ENV.tasks):
            mine = steps & (task == k)[:, None]
            assert found[f"{name}/{label}"] == pytest.approx((float(x[mine].sum()), int(mine.sum())))
    assert found["solved"] == (int(fields["success"].sum()), BATCH)
    assert sum(found[f"solved/{label}"][1] for label in ENV.tasks) == BATCH


def test_one_task_has_one_row() -> None:
    fields = {"steps": torch.ones(2, 3, dtype=torch.bool)}
    assert by_task({"value": torch.ones(2, 3)}, fields, ("match",)) == {"value": (6.0, 6)}


def test_nothing_else_changes() -> None:
    one, other = (load("refil_group_matching", sets) for sets in ([], list(LOG)))
    assert one.spec.identity() == other.spec.identity()
    with_log = Model(graph(), seed=1, dtype=torch.float64)
    without = Model(build_graph(load("refil_group_matching", SMALL), ENV), seed=1, dtype=torch.float64)
    fields, drawn = batch(), without.draw("learn", 0, 0, torch.arange(BATCH))
    for name, x in without.learn(fields, drawn).losses.items():
        torch.testing.assert_close(with_log.learn(fields, drawn).losses[name], x, rtol=1e-12, atol=0)
    assert not any(x.requires_grad for x in with_log.learn(fields, drawn).logged.values())


@pytest.mark.parametrize("at_once", [1, 2])
def test_rows_of_a_run_alone_and_together(tmp_path: Path, at_once: int) -> None:
    changes = ("log.q=q_tot", "log.solved=env.success")
    together(tmp_path / "joined", (3, 5), *changes, at_once=at_once)
    for seed in (3, 5):
        trained(tmp_path / "apart", seed, *changes)
        mine, its = (logs(place(tmp_path / folder, seed), "metrics") for folder in ("joined", "apart"))
        assert [row["log/q"] for row in mine if "log/q" in row] == \
            pytest.approx([row["log/q"] for row in its if "log/q" in row], rel=1e-4)
        assert [row.get("log/solved") for row in mine] == [row.get("log/solved") for row in its]
        assert any("log/solved" in row for row in its)
    lines = (RunFolder(place(tmp_path / "apart", 3)).path / "metrics.jsonl").read_text().splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
