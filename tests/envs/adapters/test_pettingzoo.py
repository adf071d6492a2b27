"""PettingZoo's parallel environments: its traps one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from compose.envs.adapters import PettingZoo
from compose.envs.conformance import assert_conforms
from compose.language.diagnostics import SpecError
from tests.envs.adapters.fakes import Meadow, act, begun, meadow, meadow_file, played


def test_observations_become_entities(tmp_path: Path) -> None:
    env = meadow(tmp_path)
    fields = begun(env, 2)
    assert env.schema.note == "Adapted from pettingzoo; reward: sum."
    place = fields["entities"][..., 0]
    assert place[:, :3].tolist() == [[0, 1, 2]] * 2
    assert (place[:, 3] == fields["observation"][:, 0, 2]).all()  # from what is relative to each agent
    assert place[0, 3] != place[1, 3]
    assert fields["entities"][0, :, 1:].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert all(bool(fields[name].all()) for name in ("visible", "sight", "present", "active"))
    after = env.step(act(0, 1, 2, batch=2))
    assert after.reward.tolist() == [3, 3]
    assert after.fields["observation"][0, :, 0].tolist() == [1, 1, 1]
    assert not (after.terminated | after.truncated | after.success).any()


def test_an_episode_depends_on_its_seed_and_number_alone(tmp_path: Path) -> None:
    env = meadow(tmp_path)
    many = begun(env, [0, 1, 2, 3], 5)["entities"]
    assert len(set(many[:, 3, 0].tolist())) > 1
    assert torch.equal(begun(meadow(tmp_path), [2], 5)["entities"][0], many[2])
    assert torch.equal(begun(env, [3, 2], [5, 5])["entities"], many[[3, 2]])
    assert not torch.equal(begun(env, [0, 1, 2, 3], 6)["entities"], many)


def test_agents_disappear_and_the_episode_goes_on(tmp_path: Path) -> None:
    games: list[Meadow] = []

    def make() -> Meadow:
        games.append(Meadow(events={1: {"bob": "terminated"}, 2: {"ann": "truncated"}, 3: {"cat": "terminated"}}))
        return games[-1]

    env = played(PettingZoo(make, meadow_file(tmp_path, reward="mean")))
    begun(env)
    first = env.step(act(2, 2, 2))
    assert (first.reward.item(), first.terminated.item(), first.truncated.item()) == (2, False, False)
    fields = first.fields
    assert fields["active"].tolist() == [[True, False, True]]
    assert fields["present"].all()
    assert fields["available"][0, 1].tolist() == [True, False, False]
    assert fields["entities"][0, 1].tolist() == [0, 0, 0, 0]
    assert fields["visible"][0, :, 1].tolist() == [False, True, False]
    assert fields["visible"][0, 1].tolist() == [False, True, False, False]
    second = env.step(act(1, 0, 2))
    assert second.rewards is not None
    assert second.rewards.tolist() == [[1, 0, 2]]
    assert second.reward.item() == 1  # 1 + 2, over three agents: who has left still counts
    assert not second.truncated.item()  # ann was cut off, but cat goes on
    third = env.step(act(0, 0, 1))
    assert (third.terminated.item(), third.truncated.item()) == (True, False)
    assert games[0].taken == [{"ann": 2, "bob": 2, "cat": 2}, {"ann": 1, "cat": 2}, {"cat": 1}]


def test_agents_appear(tmp_path: Path) -> None:
    env = meadow(tmp_path, begin=("bob",), events={1: {"cat": "join"}})
    fields = begun(env)
    assert fields["present"].tolist() == [[False, True, False, True]]
    assert fields["visible"][0].tolist() == [[False] * 4, [False, True, False, True], [False] * 4]
    assert fields["available"].any(2).all()
    fields = env.step(act(0, 1, 0)).fields
    assert fields["present"].tolist() == [[False, True, True, True]]
    assert fields["active"].tolist() == [[False, True, True]]


@pytest.mark.parametrize(("events", "truncates", "terminated", "truncated", "active"), [
    ({"ann": "terminated", "bob": "terminated", "cat": "terminated"}, True, True, False, []),
    ({"ann": "terminated", "bob": "truncated", "cat": "truncated"}, True, False, True, [1, 2]),
    ({"ann": "truncated", "bob": "truncated", "cat": "truncated"}, False, True, False, [0, 1, 2]),
])
def test_the_end_of_an_episode(
    tmp_path: Path, events: dict[str, str], truncates: bool, terminated: bool, truncated: bool, active: list[int]
) -> None:
    env = meadow(tmp_path, {"truncates": truncates}, events={1: events})
    begun(env)
    last = env.step(act(1, 1, 1))
    assert (last.terminated.item(), last.truncated.item()) == (terminated, truncated)
    assert last.fields["active"][0].nonzero().flatten().tolist() == active  # whose values bootstrap
    assert last.fields["observation"][0, active, 0].tolist() == [1] * len(active)
    after = env.step(act(1, 1, 1))
    assert (after.reward.item(), after.terminated.item(), after.truncated.item()) == (0, False, False)
    assert all(torch.equal(x, last.fields[name]) for name, x in after.fields.items())


@pytest.mark.parametrize("truncates", [True, False])
def test_the_limit_of_the_file_cuts_episodes_off(tmp_path: Path, truncates: bool) -> None:
    env = meadow(tmp_path, {"limit": 2, "truncates": truncates})
    begun(env)
    assert not env.step(act(1, 1, 1)).truncated.item()
    last = env.step(act(1, 1, 1))
    assert (last.truncated.item(), last.terminated.item()) == (truncates, not truncates)
    assert last.fields["active"].all()


@pytest.mark.parametrize("place", ["info", "observation"])
def test_masks_are_in_info_or_in_the_observation(tmp_path: Path, place: str) -> None:
    key = {"size": 4, "key": "observation"} if place == "observation" else {"size": 4}
    fields = begun(meadow(tmp_path, {"mask": {"in": place}, "observation": key}, mask=place))
    assert fields["available"][0].tolist() == [[True, False, True], [True, True, False], [True, True, True]]
    assert fields["entities"][0, :3, 0].tolist() == [0, 1, 2]


def test_actions_may_start_at_another_number(tmp_path: Path) -> None:
    env = meadow(tmp_path, start=10)
    begun(env)
    assert env.step(act(0, 1, 2)).reward.item() == 33


def test_states(tmp_path: Path) -> None:
    env = meadow(tmp_path, {"state": "method", "state_size": 2})
    assert begun(env)["state"].shape == (1, 2)
    assert env.step(act(0, 0, 0)).fields["state"][0, 0] == 1
    env = meadow(tmp_path, {"state": "joined"}, has_state=False)
    fields = begun(env)
    assert torch.equal(fields["state"], fields["observation"].flatten(1))


def test_rows_from_the_state(tmp_path: Path) -> None:
    rows = [{"of": "agent", "from": "own", "visible": "self", "features": {"place": {"at": 1}}},
            {"of": "other", "from": "state", "visible": "read", "read": {"at": 3, "each": 0, "hidden": 7},
             "features": {"place": {"at": 1}}}]
    env = meadow(tmp_path, {"state": "method", "state_size": 2, "rows": rows, "position": 2})
    fields = begun(env, 40)
    assert torch.equal(fields["entities"][:, 3, 0], fields["state"][:, 1])
    assert torch.equal(fields["visible"][:, :, 3], fields["observation"][:, :, 3] != 7)
    assert torch.equal(fields["position"], fields["observation"][:, :, 2:])
    assert torch.equal(fields["visible"][:, :, :3], torch.eye(3, dtype=torch.bool).expand(40, -1, -1))


def test_who_sees_whom_is_read_from_observations(tmp_path: Path) -> None:
    rows = [{"of": "agent", "from": "own", "visible": "read", "read": {"at": 0, "each": 1, "hidden": 1},
             "features": {"place": {"at": 1}}},
            {"of": "other", "from": "observed", "visible": "read", "read": {"at": 1, "each": 0, "hidden": 0},
             "features": {"place": {"at": 2}}}]
    fields = begun(meadow(tmp_path, {"rows": rows}))
    # numbers 0 and 1 are [0, i]: an agent's first fellow is seen (0), its second is hidden from agent 1
    assert fields["visible"][0].tolist() == [
        [True, True, True, False], [True, True, False, True], [True, True, True, True],
    ]


def test_aimed_actions(tmp_path: Path) -> None:
    actions = [{"name": "wait", "count": 2}, {"name": "call", "count": 1, "targets": "other"}]
    fields = begun(meadow(tmp_path, {"actions": actions}), 2)
    assert fields["action_entity"].shape == (2, 3, 4)
    assert fields["action_entity"].nonzero().tolist() == [[0, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize(("changes", "settings", "text"), [
    ({"state": "method", "state_size": 2}, {"has_state": False},
     "error[adapter.state]  meadow: state() is not there: NotImplementedError: state() method has not been"),
    ({"state": "method", "state_size": 3}, {}, "the state has 2 numbers, not 3"),
    ({"observation": {"size": 5}}, {}, "the observation of ann has 4 numbers, not 5"),
    ({"observation": {"size": 4, "key": "seen"}}, {}, "the observation of ann is no dict, so it has no 'seen'"),
    ({}, {"mask": "observation"}, "is a dict with observation, action_mask; say which with observation.key"),
    ({"mask": {"in": "info"}}, {}, "the mask of ann is not in its info: no 'action_mask' there, but nothing"),
    ({"mask": {"in": "observation"}}, {}, "the mask of ann is not in its observation: no 'action_mask' there"),
    ({"agents": ["ann", "bob", "cta"]}, {}, "has no agent 'cta': ['ann', 'bob', 'cat']\n  Did you mean 'cat'?"),
    ({"actions": [{"name": "call", "count": 4}]}, {},
     "the schema has 4 actions, but the environment's agents have [3, 3, 3]"),
    ({"fewest_agents": 2}, {"begin": ("bob",)}, "an episode begins with 1 agents, but the schema says at least 2"),
])
def test_what_is_not_as_declared_is_refused(
    tmp_path: Path, changes: dict[str, object], settings: dict[str, object], text: str
) -> None:
    with pytest.raises(SpecError) as caught:
        begun(meadow(tmp_path, changes, **settings))
    assert text in str(caught.value)


def test_rewards_that_should_be_the_same(tmp_path: Path) -> None:
    env = meadow(tmp_path, {"reward": "same"})
    begun(env)
    assert env.step(act(2, 2, 2)).reward.item() == 2
    with pytest.raises(SpecError, match=r"the agents' rewards differ \(\[2.0, 1.0, 2.0\]\)"):
        env.step(act(2, 1, 2))


def test_what_agents_see_of_an_entity_must_agree(tmp_path: Path) -> None:
    rows = [{"of": "agent", "from": "own", "visible": "all", "features": {"place": {"at": 1}}},
            {"of": "other", "from": "observed", "visible": "all", "features": {"place": {"at": 3}}}]
    with pytest.raises(SpecError) as caught:
        begun(meadow(tmp_path, {"rows": rows}))
    assert "agents 0 and 1 see entity 3, but its 'place' is" in str(caught.value)
    assert "if these numbers are relative, say relative_to" in str(caught.value)


def test_an_end_that_nobody_told_is_refused(tmp_path: Path) -> None:
    class Vanishing(Meadow):
        def step(self, actions: dict[str, int]) -> object:
            told = super().step(actions)
            self.agents = []
            return told

    env = played(PettingZoo(Vanishing, meadow_file(tmp_path)))
    begun(env)
    with pytest.raises(SpecError, match="all agents are gone, but none was terminated or truncated"):
        env.step(act(0, 0, 0))


def test_flags_count_even_if_the_environment_keeps_the_agents(tmp_path: Path) -> None:
    class Clinging(Meadow):
        def step(self, actions: dict[str, int]) -> object:
            told = super().step(actions)
            self.agents = list(self.possible_agents)
            return told

    env = played(PettingZoo(lambda: Clinging(length=1), meadow_file(tmp_path)))
    begun(env)
    assert env.step(act(0, 0, 0)).truncated.item()


def test_a_turn_based_environment_is_refused(tmp_path: Path) -> None:
    class Turns(Meadow):
        def agent_iter(self) -> None: ...

    with pytest.raises(SpecError, match=r"Turns is no PettingZoo ParallelEnv\n  pettingzoo.utils.conversions.aec_to"):
        played(PettingZoo(Turns, meadow_file(tmp_path)))


@pytest.mark.parametrize("settings", [
    {"length": 6}, {"events": {1: {"bob": "terminated"}, 6: {"ann": "truncated", "cat": "terminated"}}},
    {"begin": ("ann", "cat"), "events": {2: {"ann": "terminated"}}, "mask": "info"},
])
def test_the_conformance_kit_finds_nothing(tmp_path: Path, settings: dict[str, Any]) -> None:
    changes = {"mask": {"in": "info"}} if "mask" in settings else {}
    assert_conforms(lambda: meadow(tmp_path, changes, **settings), episodes=20)


def test_stepping_needs_a_reset(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="reset the environment"):
        meadow(tmp_path).step(act(0, 0, 0))
