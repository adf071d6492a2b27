"""Episodes as recorded, against what was worked out by hand."""

import torch
from torch import Tensor

from compose.training.actors import FixedActor, ModelActor, RandomActor
from compose.training.rollout import rollout
from tests.training.fakes import CountDown, Linear, spec


class Script:
    """Agent 0 takes the scripted actions; agent 1 action 0."""

    def __init__(self, *actions: int) -> None:
        self.actions = actions
        self.seen: list[Tensor] = []

    def choose(self, fields, episodes, step):
        self.seen.append(fields["last_action"].clone())
        action = torch.zeros(len(episodes), 2, dtype=torch.int64)
        action[:, 0] = self.actions[step]
        return action


def test_a_true_end_after_three_steps_and_a_time_limit():
    played = rollout(Script(2, 1, 2, 2), CountDown(limit=4), torch.tensor([0, 2]), seed=5)  # 2 and 4 good steps needed
    assert played["filled"].tolist() == [[True] * 4 + [False], [True] * 5]
    assert played["steps"].tolist() == [[True] * 3 + [False] * 2, [True] * 4 + [False]]
    assert played["terminated"].tolist() == [[False, False, True, False, False], [False] * 5]  # the limit is no end
    assert played["success"].tolist() == [True, False]
    assert played["action"][..., 0].tolist() == [[2, 1, 2, 0, 0], [2, 1, 2, 2, 0]]
    one = torch.eye(3)
    assert played["last_action"][0, :, 0].tolist() == [[0, 0, 0], *one[[2, 1, 2]].tolist(), [0, 0, 0]]
    assert played["reward"][0].round().tolist() == [1, 0, 1, 0, 0]
    assert played["task"].tolist() == [0, 0]
    assert played["episode"].tolist() == [0, 2]


def test_steps_follow_from_filled_and_terminated():
    played = rollout(RandomActor(1), CountDown(limit=6), torch.arange(64), seed=5)
    ended = torch.zeros_like(played["filled"])
    ended[:, 1:] = played["terminated"][:, :-1]
    steps = played["filled"] & ~ended
    steps[:, -1] = False
    assert torch.equal(played["steps"], steps)
    assert 0 < played["success"].sum() < 64


def test_unfilled_steps_are_zero():
    played = rollout(Script(2, 2, 2, 2), CountDown(limit=4), torch.tensor([0, 2]), seed=5)
    for name in ("entities", "visible", "present", "available", "active", "action", "reward", "last_action"):
        assert not played[name][0, 3:].any(), name
        assert played[name][1, :4].any(), name


def test_what_was_shown_while_acting_is_what_was_recorded():
    script = Script(1, 2, 1, 2)
    played = rollout(script, CountDown(limit=4), torch.tensor([1, 2]), seed=5)
    assert torch.equal(torch.cat(script.seen, 1), played["last_action"][:, :4])
    assert not played["last_action"][0, :, 1].any()  # the absent agent


def test_play_stops_when_all_episodes_are_over():
    script = Script(2, 2, 2, 2, 2, 2, 2, 2)
    played = rollout(script, CountDown(limit=8), torch.tensor([0, 3]), seed=5)
    assert len(script.seen) == 2
    assert played["filled"].shape == (2, 9)


def test_an_episode_is_the_same_alone_and_among_others():
    env, model = CountDown(limit=6), Linear(spec(), CountDown().schema)
    for actor in (RandomActor(3), ModelActor(model, 3, 0.5, {"rate": 1.0})):
        many = rollout(actor, env, torch.arange(10, 30), seed=5)
        few = rollout(actor, env, torch.tensor([17]), seed=5)
        for name in set(many.keys()) - {"agent_id"}:  # which no episode changes
            assert torch.equal(many[name][7], few[name][0]), name


def test_only_available_actions_are_taken():
    env = CountDown(limit=6)
    for actor in (RandomActor(3), FixedActor(1), ModelActor(Linear(spec(), env.schema), 3, 1.0, {"rate": 1.0})):
        played = rollout(actor, env, torch.arange(200), seed=5)
        chosen = played["available"].gather(-1, played["action"][..., None])[..., 0]
        assert chosen[played["steps"]].all()


def test_random_actions_are_uniform_over_the_available_ones():
    played = rollout(RandomActor(3), CountDown(limit=6), torch.arange(0, 8000, 2), seed=5)
    taken = played["action"][:, 1, 1][played["steps"][:, 1]]  # only 0 and 2 are available
    counts = torch.bincount(taken, minlength=3) / len(taken)
    assert counts[1] == 0
    assert abs(counts[0] - 0.5) < 0.03


def test_a_fixed_actor_takes_the_first_available_action_instead():
    played = rollout(FixedActor(1), CountDown(limit=4), torch.tensor([0, 1]), seed=5)
    assert played["action"][0].T.tolist() == [[1, 1, 1, 1, 0], [1, 0, 1, 0, 0]]


def test_epsilon_is_the_share_of_random_choices():
    env = CountDown(limit=2)
    model = Linear(spec(), env.schema)
    greedy = rollout(ModelActor(model, 3, 0.0, {"rate": 1.0}), env, torch.arange(4000), seed=5)
    mixed = rollout(ModelActor(model, 3, 0.3, {"rate": 1.0}), env, torch.arange(4000), seed=5)
    differs = (greedy["action"][:, 0, 0] != mixed["action"][:, 0, 0]).float().mean()
    assert abs(differs - 0.3 * 2 / 3) < 0.03
