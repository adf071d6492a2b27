"""What is laid over pictures: attention as it is computed, partitions as groups, rows of entities as rows of units."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import compose
from compose.compiler.model import Model
from compose.envs.pictures import Film
from compose.language.diagnostics import SpecError
from compose.training.overlays import overlay
from compose.training.policy import Policy
from compose.training.probe import Probed, looked_into, probed
from tests.cli.conftest import Run, run

__all__ = ["run"]
ENV = "skirmish/3m:limit=8"


def policy(spec: str, env: Any) -> Policy:
    loaded = compose.load(spec)
    model = Model(compose.build(loaded, env.schema), seed=0)
    return Policy(model, env.schema, model.params_at({"env_steps": 0, "episodes": 0, "updates": 0}), seed=0)


@pytest.mark.parametrize(("spec", "node", "axes"), [
    ("refil", "q.a", ("batch", "time", "head", "agent", "entity")),
    ("opt", "q.layers[0].p", ("batch", "time", "agent", "head", "entity", "entity'")),
])  # fmt: skip
def test_attention_is_looked_into(spec: str, node: str, axes: tuple[str, ...]) -> None:
    env = compose.make(ENV)
    who = policy(spec, env)
    found = looked_into(who, env, node, episode=2, seed=1)
    assert found.axes == axes
    seen = probed(who, env, ["env.visible"], episodes=3, seed=1)[0].numbers[2]
    sums = found.numbers.sum(-1)[0]
    assert bool(((sums - 1).abs().lt(1e-5) | sums.abs().lt(1e-6)).all())
    weights = found.numbers[0].mean(1) if spec == "refil" else found.numbers[0].mean(2).diagonal(dim1=1, dim2=2)
    weights = weights if spec == "refil" else weights.movedim(-1, 1)
    assert not bool((weights[..., :3, :].masked_fill(seen, 0) > 1e-7).any())  # nobody looks at what it does not see


def test_other_values_are_as_they_are_probed() -> None:
    env = compose.make(ENV)
    who = policy("refil", env)
    whole = probed(who, env, ["q"], episodes=3, seed=1)[0].numbers[2]
    found = looked_into(who, env, "q", episode=2, seed=1).numbers[0]
    torch.testing.assert_close(found, whole[: len(found)], rtol=1e-4, atol=1e-5)
    with pytest.raises(SpecError, match="say which"):
        looked_into(who, env, "groups", episode=2, seed=1)


def film(units: list[int] | None = None) -> Film:
    stage: Any = SimpleNamespace(entity=None if units is None else np.array(units))
    return Film(stage)


def laid(axes: str, x: Tensor, units: list[int] | None = None, present: tuple[int, ...] = (0, 1, 3)) -> Any:
    return overlay(Probed("it", tuple(axes.split()), x, torch.ones_like(x, dtype=torch.bool)), film(units),
                   np.array(present), 2)


def test_a_relation_becomes_links_of_units() -> None:
    x = torch.rand(1, 2, 2, 4)
    x[0, 0, 0, 0] = 1  # the largest is a unit's
    found = laid("batch time agent entity", x).links
    assert found.shape == (2, 3, 3)  # units are entities 0, 1, 3
    np.testing.assert_allclose(found[:, :2], x[0, :, :, [0, 1, 3]].double())
    assert not found[:, 2].any()  # entity 3 is no agent
    heads = torch.rand(1, 2, 5, 2, 4)
    np.testing.assert_allclose(laid("batch time head agent entity", heads).links[:, :2],
                               heads[0].double().mean(1)[..., [0, 1, 3]])
    assert laid("batch time agent entity", 10 * x).links.max() == pytest.approx(1)


def test_units_that_are_no_entities_have_none() -> None:
    found = laid("batch time agent entity", torch.ones(1, 1, 2, 4), units=[-1, 1, 0, -1]).links
    assert found[0].tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_a_partition_becomes_groups() -> None:
    within = torch.tensor([[[True, False, True, False], [False, True, False, True]]])
    assert laid("batch agent entity", within).groups.tolist() == [[0, 1, 1]]
    overlapping = torch.tensor([[[True, True, True, False], [False, True, False, True]]])
    assert laid("batch agent entity", overlapping).groups is None
    assert laid("batch agent entity", torch.ones(1, 2, 4, dtype=torch.bool)).groups is None  # one part says nothing


def test_rows_become_groups() -> None:
    gate = torch.tensor([[[[0.2, 0.8], [0.7, 0.3]]]])
    found = laid("batch time agent proto", gate)
    assert found.groups.tolist() == [[1, 0, -1]]
    np.testing.assert_allclose(found.shares, [[0.8, 0.7, 0]], rtol=1e-6)
    assert laid("batch time agent", torch.tensor([[[3, 0]]])).groups.tolist() == [[3, 0, -1]]
    assert laid("batch time agent", torch.tensor([[[True, False]]])).groups.tolist() == [[0, -1, -1]]
    np.testing.assert_allclose(laid("batch time agent", torch.tensor([[[3.0, 1.0]]])).shares, [[1, 0, 0]])


def test_of_relations_of_its_own_an_agent_has_its_row() -> None:
    x = torch.rand(1, 3, 2, 4, 4)
    found = laid("batch time agent entity entity'", x).links
    for agent in range(2):
        np.testing.assert_allclose(found[:, agent], x[0, :, agent, agent][:, [0, 1, 3]].double())


def test_a_value_of_nobody_is_refused() -> None:
    with pytest.raises(SpecError, match="has no row for each agent or entity"):
        laid("batch time", torch.zeros(1, 2))


@pytest.mark.more
def test_the_command_draws_it(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    made = run("train", "refil", "--env", ENV, "--updates", "1", "--eval-episodes", "2", "--run", folder, "--set",
               "learner.replay.batch=2", "--set", "learner.replay.start=2", "--threads", "1")
    assert made.code == 0, made.err
    plain, over = tmp_path / "plain.png", tmp_path / "over.png"
    assert run("play", ENV, "--policy", folder, "--strip", str(plain), "--stills", "2").code == 0
    assert run("play", ENV, "--policy", folder, "--show", "q.a", "--strip", str(over), "--stills", "2").code == 0
    assert plain.read_bytes() != over.read_bytes()
    for node, said in (("nothing", "computes no 'nothing'"), ("q_tot", "about no one in the picture")):
        found = run("play", ENV, "--policy", folder, "--show", node, "--strip", str(over))
        assert (found.code, said in found.err) == (2, True)
    assert run("play", ENV, "--show", "q", "--strip", str(over)).code == 2
