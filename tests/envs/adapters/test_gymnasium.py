"""Gymnasium environments that play all agents at once, one by one and as vector environments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from compose.envs.adapters import Gymnasium, GymnasiumVector
from compose.envs.interface import Environment
from compose.language.diagnostics import SpecError
from tests.envs.adapters.fakes import Pair, act, begun, pair, pair_file, played


def test_lists_of_rewards_are_reduced_as_declared(tmp_path: Path) -> None:
    for reward, expected in (("sum", 3), ("mean", 1.5)):
        env = pair(tmp_path, {"reward": reward})
        fields = begun(env)
        assert fields["available"][0].tolist() == [[True, True, False], [True, True, True]]
        after = env.step(act(1, 2))
        assert after.reward.item() == expected
        assert after.rewards is not None
        assert after.rewards.tolist() == [[1, 2]]
        assert env.schema.reward == reward


@pytest.mark.parametrize("own_flags", [False, True])
@pytest.mark.parametrize("truncates", [False, True])
def test_one_flag_for_all_or_a_list(tmp_path: Path, truncates: bool, own_flags: bool) -> None:
    env = pair(tmp_path, {"success": "found"}, truncates=truncates, own_flags=own_flags, length=2)
    length = 2 + begun(env, 20)["observation"][:, 0, 1].long() % 2
    steps = [env.step(act(0, 0, batch=20)) for _ in range(3)]
    assert not (steps[0].terminated | steps[0].truncated).any()
    for step, after in enumerate(steps, 1):
        assert torch.equal(after.truncated if truncates else after.terminated, length == step)
        assert not (after.terminated if truncates else after.truncated).any()
        assert torch.equal(after.success, length == step)
    last = steps[2].fields["observation"][:, 0, 0]
    assert torch.equal(last, length * float(truncates))  # the ended stay as they are; who truly ended is gone
    assert torch.equal(steps[2].fields["active"].all(1), torch.full((20,), truncates))


def test_an_environment_that_ends_truly_at_its_own_limit(tmp_path: Path) -> None:
    env = pair(tmp_path, {"at_limit": "truncated", "limit": 3}, length=2)
    length = 2 + begun(env, 20)["observation"][:, 0, 1].long() % 2
    steps = [env.step(act(0, 0, batch=20)) for _ in range(3)]
    assert torch.equal(steps[1].terminated, length == 2)
    assert torch.equal(steps[2].truncated, length == 3)
    assert not (steps[1].truncated | steps[2].terminated).any()
    assert torch.equal(steps[2].fields["active"].all(1), length == 3)
    assert bool((steps[2].fields["observation"][length == 3, :, 0] == 3).all())


@pytest.mark.parametrize(("declared", "team", "text"), [
    ("sum", True, "the environment gives one reward (3.0), which is not as declared\n  say team"),
    ("team", False, "the environment gives a list of 2 rewards, which is not as declared\n  say sum, mean or same"),
])
def test_rewards_are_as_declared(tmp_path: Path, declared: str, team: bool, text: str) -> None:
    env = pair(tmp_path, {"reward": declared}, team=team)
    begun(env)
    with pytest.raises(SpecError) as caught:
        env.step(act(1, 2))
    assert text in str(caught.value)


def test_several_choices_at_once_are_told_one_by_one(tmp_path: Path) -> None:
    """Action n is the n-th combination, the last choice the fastest; choices may start at another number."""
    taken: list[Any] = []

    class Talkers(Pair):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = gymnasium.spaces.Tuple([gymnasium.spaces.MultiDiscrete([3, 2], start=[0, 5])] * 2)

        def step(self, action: Any) -> Any:
            taken.append([a.tolist() for a in action])
            return super().step([a.sum() for a in action])

    path = pair_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("count: 3", "count: 6"), encoding="utf-8")
    env = played(Gymnasium(Talkers, path))
    assert begun(env)["available"].all()
    for actions in ((0, 1), (2, 5)):
        env.step(act(*actions))
    assert taken == [[[0, 5], [0, 6]], [[1, 5], [2, 6]]]


class Single(gymnasium.Env[Any, Any]):
    """One agent only: not the form that is adapted."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space: gymnasium.Space[Any] = gymnasium.spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return np.zeros(3, np.float32), {}


class Lonely(Single):
    action_space = gymnasium.spaces.MultiDiscrete([3, 3])


class Smooth(Single):
    action_space = gymnasium.spaces.Tuple([gymnasium.spaces.Box(-1, 1, (2, 1))] * 2)


class Crowd(Single):
    action_space = gymnasium.spaces.MultiDiscrete([3, 3, 3])


@pytest.mark.parametrize(("kind", "text"), [
    (Single, "the action space is Discrete(3), not a Tuple of the agents' own"),
    (Lonely, "expected a tuple of 2 observations, one for each agent, got 3"),
    (Smooth, "the actions of agent 0 are Box(-1.0, 1.0, (2, 1), float32); only Discrete, flat MultiDiscrete and flat "
             "Box can be played"),
    (Crowd, "the schema has 2 agent slots, the environment 3 agents"),
])
def test_other_forms_are_refused(tmp_path: Path, kind: type[Single], text: str) -> None:
    with pytest.raises(SpecError) as caught:
        begun(played(Gymnasium(kind, pair_file(tmp_path))))
    assert text in str(caught.value)


def vector(folder: Path, mode: AutoresetMode, **settings: Any) -> Environment:
    def make(number: int) -> SyncVectorEnv:
        one: Callable[[], Pair] = lambda: Pair(team=True, **settings)  # noqa: E731
        return SyncVectorEnv([one] * number, autoreset_mode=mode)

    file = pair_file(folder, api="gymnasium-vector", reward="team", success="found")
    return played(GymnasiumVector(make, file))


@pytest.mark.parametrize("truncates", [False, True])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_every_autoreset_mode_gives_the_same_episodes(tmp_path: Path, mode: AutoresetMode, truncates: bool) -> None:
    """Above all: what an episode ends with is its own last observation, never the first of the next."""
    env = vector(tmp_path, mode, truncates=truncates, length=2)
    alone = pair(tmp_path, {"reward": "team", "success": "found"}, team=True, truncates=truncates, length=2)
    for episodes in ([0, 1, 2, 3, 4], [7, 8, 9, 1, 2], [5]):
        assert_equal(begun(env, episodes), begun(alone, episodes))
        lengths = set()
        for step in range(1, 5):
            action = torch.tensor([[n % 2, n % 3] for n in episodes])
            got, wanted = env.step(action), alone.step(action)
            for name in ("reward", "terminated", "truncated", "success"):
                assert torch.equal(getattr(got, name), getattr(wanted, name)), (name, step)
            assert_equal(got.fields, wanted.fields)
            lengths |= {step} if (got.terminated | got.truncated).any() else set()
        assert len(lengths) == min(len(episodes), 2)


def assert_equal(got: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    assert got.keys() == wanted.keys()
    for name, x in got.items():
        assert torch.equal(x, wanted[name]), name


@pytest.mark.parametrize(("metadata", "text"), [
    ({}, "the vector environment does not say its autoreset mode"),
    ({"autoreset_mode": "Sometimes"}, "the vector environment has the autoreset mode 'Sometimes'\n"
                                      "  metadata['autoreset_mode'] must be one of NextStep, SameStep, Disabled"),
])
def test_unknown_autoreset_modes_are_refused(tmp_path: Path, metadata: dict[str, str], text: str) -> None:
    def make(number: int) -> SyncVectorEnv:
        made = SyncVectorEnv([lambda: Pair(team=True)] * number)
        made.metadata = dict(metadata)
        return made

    with pytest.raises(SpecError) as caught:
        played(GymnasiumVector(make, pair_file(tmp_path, api="gymnasium-vector", reward="team")))
    assert text in str(caught.value)


def test_a_reset_row_without_its_last_observation_is_refused(tmp_path: Path) -> None:
    class Forgetful(SyncVectorEnv):
        def step(self, actions: Any) -> Any:
            *told, info = super().step(actions)
            return (*told, {key: value for key, value in info.items() if key != "final_obs"})

    def make(number: int) -> SyncVectorEnv:
        return Forgetful([lambda: Pair(team=True, length=1)] * number, autoreset_mode=AutoresetMode.SAME_STEP)

    env = played(GymnasiumVector(make, pair_file(tmp_path, api="gymnasium-vector", reward="team")))
    begun(env, 4)
    with pytest.raises(SpecError, match="info has no 'final_obs', so what it ended with is lost"):
        env.step(act(0, 0, batch=4))
