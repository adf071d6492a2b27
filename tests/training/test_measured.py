"""What an episode takes is told by some that are played."""

import pytest
import torch

from compose.envs.catalogue import make
from compose.training.actors import FixedActor, RandomActor
from compose.training.measured import PLAYED_FIRST, measured
from compose.training.replay import Replay, bytes_estimate
from compose.training.rollout import rollout
from tests.training.fakes import CountDown


def found(env, keep=None, recorded=(), packed=True, environments=8):
    return measured(env, env.schema, keep, recorded, packed=packed, environments=environments)


@pytest.mark.parametrize("name", ["skirmish/2s3z", "group_matching", "spread"])
def test_it_is_not_far_above_what_other_episodes_take(name):
    env = make(name)
    replay = Replay(env.schema, 64, packed=True)
    replay.add(rollout(RandomActor(7), env, torch.arange(64), seed=3))
    real, each = float(replay._store._records[:, 2].double().mean()), found(env).each
    share = float(replay.read(0, 64)["filled"].double().mean())
    assert 0.9 * real <= each <= 1.5 * (real / share + 500)
    assert each < 0.8 * bytes_estimate(env.schema, 1)


def test_it_is_at_full_length():
    env = CountDown(40)
    short, long = Replay(env.schema, 4, packed=True), Replay(env.schema, 4, packed=True)
    short.add(rollout(RandomActor(1), env, torch.arange(4), seed=2))
    long.add(rollout(FixedActor(0), env, torch.arange(4), seed=2))
    assert long.read(0, 4)["filled"].all()
    assert short.read(0, 4)["filled"].float().mean() < 0.7
    exact = long._store._records[:, 2].double().mean() + (long._store._whole.bytes + long._store._records.nbytes) / 4
    assert long.each_at_full_length == pytest.approx(float(exact), abs=1)
    assert short.each_at_full_length == pytest.approx(long.each_at_full_length, rel=0.3)


def test_a_dense_replay_needs_no_play():
    class Still(CountDown):
        def step(self, action):
            raise AssertionError("played")

    assert found(Still(), packed=False).each is None
    assert "sight" in found(Still(), packed=False).fields


def test_fields_are_those_that_are_kept_and_recorded():
    env = CountDown()
    assert found(env, {"entities", "visible"}).fields == {"entities", "visible", "action", "reward", "terminated",
                                                          "steps", "success"}
    assert "played.chance" in measured(env, env.schema.model_copy(update={"fields": {
        **env.schema.fields, "played.chance": env.schema.fields["reward"]}}), None, ["chance"], packed=True,
        environments=3).fields
    assert found(env, {"entities"}).each < found(env).each


def test_an_environment_that_breaks_is_left_to_the_training():
    class Breaks(CountDown):
        def step(self, action):
            raise ValueError("no")

    assert found(Breaks()).each is None


def test_few_are_played():
    counts = []

    class Counted(CountDown):
        at_once = 3

        def reset(self, episodes, seed):
            counts.append(len(episodes))
            return super().reset(episodes, seed)

    found(Counted(), environments=2)
    found(Counted(), environments=50)
    Counted.at_once = None
    found(Counted(), environments=50)
    assert counts == [1, 2, 1, 3, 1, PLAYED_FIRST]
