"""``compose probe``: what it computes is what the model computes, and only what counts is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from compose.compiler.model import Model
from compose.envs.catalogue import make
from compose.graph.typed_spec import typed_spec
from compose.training.actors import evaluating
from compose.training.clocks import Clocks, moving_params
from compose.training.evaluate import stream
from compose.training.policy import load_policy
from compose.training.probe import probed
from compose.training.rollout import rollout, tensors
from tests.cli.conftest import Run

ENV = "group_matching:agents=3,cells=3,limit=4"
SMALL = ("--set", "params.embed=8", "--set", "params.hidden=8", "--set", "params.heads=1")
CHANGES = [change for change in SMALL if change != "--set"]


def test_it_is_what_the_model_computes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.npz"
    ran = run("probe", "vdn_attention", "q", "q.a", "--env", ENV, "--seed", "3", "--episodes", "2", "--npz", str(file),
              "--json", *SMALL)
    assert ran.code == 0
    model = Model(typed_spec("vdn_attention", ENV, CHANGES).graph, seed=3, passes=(), taps=("q", "q.a"))
    env = make(ENV)
    params = moving_params(model, Clocks())
    played = rollout(evaluating(model, stream(3), params), env, torch.arange(2), stream(3))
    with torch.no_grad():
        wanted = model.learn(tensors(played), params=params).taps
    with np.load(file) as arrays:
        for name in ("q", "q.a"):
            np.testing.assert_allclose(arrays[name], wanted[name].numpy(), atol=1e-6)
            assert arrays[f"{name}:axes"].tolist()[:3] == ["batch", "time", "agent"]
            counted = arrays[f"{name}:counted"]
            filled = played["filled"].numpy()
            assert (counted.any((2, 3)) == filled).all()
            row = next(row for row in ran.json["values"] if row["name"] == name)
            kept = arrays[name][counted].astype(float)
            assert row["counted"] == kept.size
            assert row["mean"] == pytest.approx(kept.mean())
            assert row["std"] == pytest.approx(kept.std())
            assert (row["min"], row["max"]) == pytest.approx((kept.min(), kept.max()))
            assert row["zeros"] == pytest.approx((kept == 0).mean())
    assert ran.json["files"] == [str(file)]


def test_a_table_and_a_picture(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    ran = run("probe", "refil", "groups", "y", "env.visible", "--env", ENV, "--png",
              str(picture), *SMALL)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines[2:7]] == ["groups.within", "groups.across", "groups.label", "y",
                                                        "env.visible"]
    assert "batch 1 agent 3 entity 3" in ran.out
    within, across = (float(line.split()[1]) for line in lines[2:4])
    assert within + across == pytest.approx(1, abs=1e-3)
    with Image.open(picture) as image:
        assert image.width == 1440
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 20


def test_absent_rows_do_not_count(run: Run) -> None:
    env = "group_matching/tasks"
    shown = run("probe", "vdn_attention", "env.present", "--env", env, "--episodes", "8", "--json", *SMALL).json
    (row,) = shown["values"]
    assert (row["mean"], row["zeros"]) == (1.0, 0.0)
    shape = row["shape"]
    assert row["counted"] < shape["batch"] * shape["time"] * shape["entity"]


def test_a_run(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train = run("train", "vdn_attention", "--env", ENV, "--updates", "2", "--eval-episodes", "2", "--run", str(folder),
                "--set", "learner.replay.start=2", "--set", "learner.replay.batch=2", "--set", "learner.environments=2",
                "--seed", "5", *SMALL)
    assert train.code == 0
    ran = run("probe", str(folder), "q", "--json")
    assert (ran.code, ran.json["seed"], ran.json["env"]) == (0, 5, ENV)
    (value,) = probed(load_policy(folder), make(ENV), ["q"], seed=5)
    assert ran.json["values"][0]["mean"] == pytest.approx(value.kept().mean().item())
    assert run("probe", str(folder), "q", "--set", "params.gamma=0.5").code == 2
    refused = run("probe", str(folder), "q", "--env", "group_matching:agents=4,cells=3")
    assert (refused.code, "run.sizes" in refused.err) == (2, True)


@pytest.mark.parametrize(("arguments", "says"), [
    (("refil", "grups", "qq", "--env", ENV), "Did you mean 'groups'?"),
    (("refil", "groups.nothing", "--env", ENV), "refil computes no 'groups.nothing'"),
    (("refill", "q", "--env", ENV), "Did you mean 'refil'?"),
    (("refil", "q", "--env", "smac/3m"), "error[smac.missing]"),
    (("refil", "q", "--env", ENV, "--npz", "x.txt"), "the name must end in .npz"),
    (("refil", "q", "--env", ENV, "--episodes", "0"), "greater than or equal to 1"),
])
def test_mistakes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
                  says: str) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("probe", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert list(tmp_path.iterdir()) == []
