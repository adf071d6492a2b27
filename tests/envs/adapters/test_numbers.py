"""Actions of other APIs that are numbers: a Box is continuous groups of the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete, Space, Tuple

from compose.envs.adapters import Gymnasium, PettingZoo
from compose.envs.conformance import assert_conforms
from compose.envs.interface import Environment
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.build import build_model
from compose.training.learners import learner_for
from tests.envs.adapters.fakes import Meadow, Pair, begun, meadow_file, pair_file, played

PUSH = [{"name": "push", "count": 1, "kind": "continuous", "low": -2.0, "high": 2.0},
        {"name": "turn", "count": 2, "kind": "continuous", "low": 0.1, "high": 0.5}]
SPACE = Box(np.array([-2, 0.1, 0.0], np.float32), np.array([2, 0.5, np.inf], np.float32))


class Hill(Meadow):
    """A meadow where an agent's action is three numbers; its reward is their sum."""

    space: Space[Any] = SPACE

    def action_space(self, agent: str) -> Any:
        return self.space

    def step(self, actions: dict[str, Any]) -> Any:
        assert all(self.space.contains(action) for action in actions.values())
        self.given = actions
        return super().step({a: x.sum() for a, x in actions.items()})


def hill(folder: Path, kind: type[Hill] = Hill, actions: object = PUSH, **settings: Any) -> Environment:
    return played(PettingZoo(lambda: kind(**settings), meadow_file(folder, actions=actions)))


def test_numbers_arrive_as_the_box_has_them(tmp_path: Path) -> None:
    made: list[Hill] = []
    env = played(PettingZoo(lambda: made.append(Hill()) or made[-1], meadow_file(tmp_path, actions=PUSH)))  # type: ignore[func-returns-value]
    fields = begun(env)
    assert env.schema.continuous
    assert "available" not in fields
    action = torch.tensor([[[-2.0, 0.1, 0.5], [2.0, 0.5, 0.3], [0.5, 0.2, 0.1]]])
    after = env.step(action)
    assert made[0].given["bob"].dtype == np.float32
    np.testing.assert_array_equal(np.stack([made[0].given[a] for a in ("ann", "bob", "cat")]), action[0].numpy())
    assert after.rewards is not None
    torch.testing.assert_close(after.rewards, action.sum(2))


def test_who_is_gone_is_not_asked(tmp_path: Path) -> None:
    env = hill(tmp_path, events={1: {"bob": "terminated"}})
    begun(env)
    env.step(torch.full((1, 3, 3), 0.25))
    after = env.step(torch.tensor([[[0.5] * 3, [float("nan")] * 3, [0.5] * 3]]))
    assert after.rewards is not None
    assert after.rewards.tolist() == [[1.5, 0, 1.5]]


def test_the_conformance_kit_finds_nothing(tmp_path: Path) -> None:
    assert_conforms(lambda: hill(tmp_path, events={1: {"bob": "terminated"}}, length=6), episodes=12)


def test_a_method_learns_from_them(tmp_path: Path) -> None:
    env = hill(tmp_path)
    small = ("params.hidden=8", "learner.environments=4", "learner.updates=2 per 4 episodes",
             "graph.central={block: concat, of: [env.observation, env.agent_id]}")
    learner = learner_for(build_model(load("mappo_continuous", small), env.schema), env, 0)
    before = {name: w.clone() for name, w in learner.model.weights.items()}
    learner.collect()
    learner.update()
    assert any(not torch.equal(w, before[name]) for name, w in learner.model.weights.items())


class Pushers(Pair):
    """A pair whose agents push by numbers; the reward is what each pushes first."""

    def __init__(self) -> None:
        super().__init__()
        self.action_space = Tuple([Box(-1, 1, (2,), np.float64)] * 2)

    def step(self, action: Any) -> Any:
        assert all(a.dtype == np.float64 and a.shape == (2,) for a in action)
        return super().step([a[0] for a in action])


def test_gymnasium_takes_a_tuple_of_them(tmp_path: Path) -> None:
    push = [{"name": "push", "count": 2, "kind": "continuous", "low": -1.0, "high": 1.0}]
    make = lambda: played(Gymnasium(Pushers, pair_file(tmp_path, actions=push)))  # noqa: E731
    env = make()
    begun(env)
    after = env.step(torch.tensor([[[0.5, -1.0], [-0.25, 1.0]]]))
    assert after.rewards is not None
    assert after.rewards.tolist() == [[0.5, -0.25]]
    assert_conforms(make, episodes=12)


class Coarse(Hill):
    space = Box(0, 1, (3,))


class Choosing(Hill):
    space = Discrete(3)


class Whole(Hill):
    space = Box(0, 9, (3,), np.int64)


@pytest.mark.parametrize(("kind", "actions", "text"), [
    (Coarse, PUSH, "'push' is from -2 to 2, but ann takes 0 to 1\n  bounds of the schema lie within"),
    (Choosing, PUSH, "the schema's actions are numbers, but those of ann are choices"),
    (Hill, [{"name": "call", "count": 3}], "the schema's actions are choices, but those of ann are 3 numbers\n  say"),
    (Hill, PUSH[:1], "the schema's actions are 1 numbers, but those of the environment's agents are [3, 3, 3]"),
    (Whole, PUSH, "only Discrete, flat MultiDiscrete and flat Box can be played"),
])  # fmt: skip
def test_what_is_not_as_declared_is_refused(tmp_path: Path, kind: type[Hill], actions: object, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        hill(tmp_path, kind, actions)
    assert text in str(caught.value)


@pytest.mark.parametrize(("changes", "text"), [
    ({"mask": {"in": "info"}}, "masks are of choices"),
    ({"api": "gymnasium-vector", "agents": None, "reward": "team"}, "played with choices only"),
])  # fmt: skip
def test_files_that_contradict_themselves(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    with pytest.raises(SpecError, match=text):
        played(PettingZoo(Hill, meadow_file(tmp_path, actions=PUSH, **changes)))
