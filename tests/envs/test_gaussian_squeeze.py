"""Gaussian Squeeze: recorded episodes replay exactly, constants are stored once, names take any number of agents."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import make, schema
from compose.envs.gaussian_squeeze.environment import GaussianSqueeze
from compose.graph.schema import EntitySchema, constant_field
from compose.language.diagnostics import SpecError
from compose.training.actors import RandomActor
from compose.training.replay import Replay, bytes_estimate
from compose.training.rollout import rollout
from tests.envs.recorded import recorded_episodes

RECORDED = {"small": "gaussian_squeeze/8:mu=16,sigma=8", "200": "gaussian_squeeze/200"}


@pytest.mark.parametrize("case", RECORDED)
def test_recorded_episodes_replay_exactly(case: str) -> None:
    """From the released implementation: rewards to the last digits of float32, and what agents observed."""
    game = make(RECORDED[case])
    data = recorded_episodes(f"gaussian_squeeze_{case}")
    fields = game.reset(torch.arange(len(data["action"])), 0)
    after = game.step(data["action"][:, 0])
    for recorded in (data["reward"][:, 0, 0].double(), data["domain_value"][:, 0]):
        torch.testing.assert_close(after.reward.double(), recorded, rtol=1e-6, atol=0)
    assert after.terminated.all()
    assert not after.truncated.any()
    assert not after.success.any()
    for t, seen in enumerate((fields, after.fields)):
        assert torch.equal(seen["observation"].expand_as(data["obs"][:, t]), data["obs"][:, t])
        assert torch.equal(seen["state"].expand_as(data["state"][:, t]), data["state"][:, t])
    assert not game.step(data["action"][:, 0]).reward.any(), "an episode that has ended stays as it is"


def test_the_best_sum_and_the_chance_level() -> None:
    """Facts of the game at 200 agents: 423.03 at a sum of 445; 2.4 in the mean when all act at random."""
    game = make("gaussian_squeeze/200")
    assert isinstance(game, GaussianSqueeze)
    values = game.value(torch.arange(1801))
    assert int(values.argmax()) == 445
    assert float(values.max()) == pytest.approx(423.03, abs=0.005)
    played = rollout(RandomActor(0), game, torch.arange(4096), 0, keep=())
    assert float(played["reward"].sum(1).mean()) == pytest.approx(2.4, abs=0.15)


def test_no_signal_with_800_agents_until_the_sum_has_fallen() -> None:
    game = make("gaussian_squeeze/800")
    assert isinstance(game, GaussianSqueeze)
    assert float(game.value(torch.tensor(2440))) == 0.0 < float(game.value(torch.tensor(2400)))


def test_constant_fields_are_stored_once() -> None:
    game = make("gaussian_squeeze/20")
    played = rollout(RandomActor(0), game, torch.arange(5), 0)
    assert played["observation"].shape == (20, 20)
    assert played["state"].shape == (20,)
    replay = Replay(game.schema, 8)
    replay.add(played)
    assert torch.equal(replay.sample(3, 0, 0)["observation"], torch.eye(20))
    without = {"action", "reward", "terminated", "steps", "present"}
    assert bytes_estimate(game.schema, 8, without) == bytes_estimate(game.schema, 8, {*without, "observation"})


def test_any_number_of_agents_is_a_name() -> None:
    assert schema("gaussian_squeeze").agents == schema("gaussian_squeeze/200").agents == 200
    assert schema("gaussian_squeeze/37").sizes["observation"] == 37
    assert schema("gaussian_squeeze/37:units=4").sizes["action"] == 4
    for wrong in ("gaussian_squeeze/0", "gaussian_squeeze/-5", "gaussian_squeeze/many", "gaussian_squeeze/010"):
        with pytest.raises(SpecError, match=f"no environment '{wrong}'"):
            schema(wrong)


def test_only_optional_fields_may_be_constant() -> None:
    offered = schema("gaussian_squeeze/8").model_dump()
    wrong = constant_field("entities", "Always the same.").model_dump()
    with pytest.raises(ValueError, match="'entities' always has axes"):
        EntitySchema.model_validate({**offered, "fields": {**offered["fields"], "entities": wrong}})
