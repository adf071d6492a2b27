"""Group Matching: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.envs.catalogue import make, schema
from compose.envs.group_matching import dynamics
from compose.envs.group_matching.environment import GroupMatching
from compose.envs.interface import Environment, Transition
from compose.language.diagnostics import SpecError
from tests.envs.recorded import recorded_episodes

RECORDED = {
    "group_matching": "group_matching",
    "group_matching_3": "group_matching:agents=6,cells=5,groups=3,slip=0.2,limit=20",
}


@pytest.fixture(params=RECORDED)
def recorded(request: pytest.FixtureRequest) -> tuple[GroupMatching, dict[str, Tensor]]:
    """A game and episodes of it recorded from the released implementation, every random draw included."""
    environment = make(RECORDED[request.param])
    assert isinstance(environment, GroupMatching)
    return environment, recorded_episodes(request.param)


def test_recorded_episodes_replay_exactly(recorded: tuple[GroupMatching, dict[str, Tensor]]) -> None:
    game, data = recorded
    lengths = data["length"]
    fields = game.begin(data["group"].transpose(1, 2).bool(), data["loc"][:, 0].long())
    assert torch.equal(fields["truth_groups"], data["gt_mask"] == 0)
    assert torch.equal(fields["entities"], data["entities"][:, 0].float())
    assert torch.equal(game._matches, data["matches"][:, 0].long())
    for t in range(int(lengths.max())):
        draws = (data[name][:, t] for name in ("action", "slip", "noise_action"))
        action, slip, noise = (draw if draw.dtype == torch.bool else draw.long() for draw in draws)
        after = game.advance(dynamics.move(game._cell, action, slip, noise, game.settings.cells))
        on = t < lengths
        assert torch.equal(game._cell[on], data["loc"][on, t + 1].long())
        assert torch.equal(game._matches[on], data["matches"][on, t + 1].long())
        assert torch.equal(after.fields["entities"][on], data["entities"][on, t + 1].float())
        torch.testing.assert_close(after.reward[on].double(), data["reward"][on, t], atol=1e-6, rtol=0)
        assert torch.equal((after.terminated | after.truncated)[on], data["done"][on, t])
        assert torch.equal(after.success[on], data["solved"][on, t])
        assert torch.equal(after.truncated[on], data["limit"][on, t])
        assert not torch.stack((after.terminated, after.truncated, after.success))[:, ~on].any()
        assert not after.reward[~on].any()


def test_a_recorded_episode_fills_the_time(recorded: tuple[GroupMatching, dict[str, Tensor]]) -> None:
    game, data = recorded
    assert data["length"].max() == game.settings.limit
    assert data["length"].min() < game.settings.limit


@given(episodes=st.lists(st.integers(0, 2**40), min_size=1, max_size=12, unique=True), seed=st.integers(0, 2**32),
       name=st.sampled_from([*RECORDED.values(), "group_matching/small:limit=9", "group_matching:fixed=true,limit=7",
                             "group_matching/tasks:limit=6"]))
@settings(max_examples=25, deadline=None)
def test_an_episode_is_the_same_alone_and_among_others(episodes: list[int], seed: int, name: str) -> None:
    together = _play(make(name), torch.tensor(episodes), seed)
    for place in {0, len(episodes) // 2, len(episodes) - 1}:
        alone = _play(make(name), torch.tensor([episodes[place]]), seed)
        assert together.keys() == alone.keys()
        for field, values in alone.items():
            assert torch.equal(together[field][place : place + 1], values), field


def test_seeds_and_episodes_differ() -> None:
    first, other_seed = (_play(make("group_matching"), torch.arange(4), seed)["entities"] for seed in (0, 1))
    assert not torch.equal(first, other_seed)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("name", ["group_matching", "group_matching:groups=3"])
def test_every_row_may_have_a_seed_of_its_own(name: str) -> None:
    numbers, seeds = torch.tensor([4, 4, 9]), (7, 1, 7)
    together, alone = make(name), [make(name) for _ in seeds]
    fields = [together.reset(numbers, seeds)], [e.reset(numbers[i : i + 1], seeds[i]) for i, e in enumerate(alone)]
    for _ in range(6):
        for row, mine in enumerate(fields[1]):
            assert all(torch.equal(fields[0][0][n][row], x[0]) for n, x in mine.items() if x.dim())
        action = torch.randint(3, (3, together.schema.agents), generator=torch.Generator().manual_seed(0))
        fields = [together.step(action).fields], [e.step(action[i : i + 1]).fields for i, e in enumerate(alone)]


def test_fields_are_those_of_the_schema() -> None:
    game = make("group_matching/small")
    sizes = {**game.schema.sizes, "batch": 3}
    transition = None
    fields = game.reset(torch.arange(3), 0)
    kinds = {"float": torch.float32, "bool": torch.bool, "int": torch.int64}
    for _ in range(2):
        for name, values in fields.items():
            field = game.schema.fields[name]
            axes = [axis.removesuffix("'") for axis in field.axes if axis != "time"]
            assert values.shape == tuple(sizes[axis] for axis in axes), name
            assert values.dtype == kinds[field.dtype], name
        transition = game.step(torch.ones(3, 5, dtype=torch.int64))
        fields = transition.fields
    added_by_the_controller = {"agent_id", "action", "last_action", "reward", "terminated", "steps", "success"}
    assert fields.keys() | added_by_the_controller == game.schema.fields.keys()


def test_earlier_fields_are_not_overwritten() -> None:
    game = make("group_matching")
    before = game.reset(torch.arange(8), 0)["entities"]
    copy = before.clone()
    after = game.step(torch.zeros(8, 8, dtype=torch.int64)).fields["entities"]
    assert torch.equal(before, copy)
    assert not torch.equal(after, copy)


def test_a_finished_episode_stays_as_it_is() -> None:
    game = make("group_matching:agents=2,cells=2,groups=1,limit=30")
    game.reset(torch.arange(200), 0)
    ended, frozen = torch.zeros(200, dtype=torch.bool), torch.zeros(200, 2, game.schema.sizes["feature"])
    for t in range(32):
        after = game.step(_actions(torch.arange(200), t, 2))
        assert torch.equal(after.fields["entities"][ended], frozen[ended])
        assert not after.reward[ended].any()
        assert not (after.terminated | after.truncated | after.success)[ended].any()
        ended |= after.terminated | after.truncated
        frozen = after.fields["entities"]
    assert ended.all()


def test_solved_in_the_last_step_is_a_truncation() -> None:
    game = make("group_matching:agents=2,cells=3,groups=1,limit=1")
    assert isinstance(game, GroupMatching)
    game.begin(torch.ones(2, 1, 2, dtype=torch.bool), torch.tensor([[0, 1], [0, 2]]))
    after = game.advance(torch.tensor([[1, 1], [0, 1]]))
    assert after.success.tolist() == [True, False]
    assert after.truncated.tolist() == [True, True]
    assert after.terminated.tolist() == [False, False]
    torch.testing.assert_close(after.reward, torch.tensor([2.4, -0.1]))


def test_what_is_formed_at_the_start_earns_nothing_and_breaking_up_costs() -> None:
    game = make("group_matching:agents=3,cells=4")
    assert isinstance(game, GroupMatching)
    member = torch.tensor([[[True, True, True], [False, False, False]], [[True, True, False], [False, False, True]]])
    game.begin(member, torch.tensor([[1, 1, 1], [2, 2, 0]]))
    after = game.advance(torch.tensor([[1, 1, 1], [2, 3, 0]]))
    torch.testing.assert_close(after.reward, torch.tensor([-0.1, -2.6]))
    assert after.success.tolist() == [True, False]


def test_slices_are_not_sorted_and_may_overlap() -> None:
    rank = torch.arange(4).expand(2, -1)
    member = dynamics.slices(rank, torch.tensor([[3, 1], [1, 1]]))
    assert member.long().tolist() == [
        [[1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 1, 1]], [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]],
    ]
    assert dynamics.truth_groups(member)[0].long().tolist() == [[1, 1, 1, 0]] * 3 + [[0, 1, 1, 1]]


def test_first_group_size_is_uniform_and_agents_are_shuffled() -> None:
    game = make("group_matching")
    assert isinstance(game, GroupMatching)
    game.reset(torch.arange(40_000), 3)
    sizes = torch.bincount(game._member[:, 0].sum(1), minlength=9)
    assert sizes[8] == 0
    assert (sizes[:8] / 40_000 - 1 / 8).abs().max() < 0.01
    assert (game._member[:, 0].double().mean(0) - 3.5 / 8).abs().max() < 0.01
    assert (torch.bincount(game._cell.flatten(), minlength=6) / 320_000 - 1 / 6).abs().max() < 0.005


def test_fixed_groups_are_equal_slices() -> None:
    game = make("group_matching:groups=4,fixed=true")
    assert isinstance(game, GroupMatching)
    game.reset(torch.arange(2), 0)
    assert game._member.long().tolist() == [torch.eye(4).repeat_interleave(2, 1).long().tolist()] * 2


def test_tasks_are_drawn_evenly_and_are_games_of_their_own() -> None:
    game = make("group_matching:tasks=3x1+4x2+6x3")
    assert isinstance(game, GroupMatching)
    assert game.schema.tasks == ("3x1", "4x2", "6x3")
    fields = game.reset(torch.arange(6000), 5)
    task, present, member = fields["task"], fields["present"], game._member
    assert (torch.bincount(task) / 6000 - 1 / 3).abs().max() < 0.03
    assert present.sum(1).tolist() == torch.tensor([3, 4, 6])[task].tolist()
    assert torch.equal(member.any(1), present)  # every agent present is in a group, no absent one is
    assert not member[task == 0, 1:].any()
    assert not member[task == 1, 2:].any()
    assert member[task == 2, 2].any()
    assert not fields["entities"][~present].any()
    assert not (fields["visible"] & ~(present[:, None] & present[..., None])).any()
    sizes = torch.bincount(member[task == 1, 0].sum(1))
    assert (sizes / sizes.sum() - 1 / 4).abs().max() < 0.03


def test_an_easier_task_is_solved_more_often() -> None:
    game = make("group_matching:tasks=2x1+6x2,limit=20")
    task = game.reset(torch.arange(1000), 0)["task"]
    solved = torch.zeros(1000, dtype=torch.bool)
    for t in range(20):
        solved |= game.step(_actions(torch.arange(1000), t, 6)).success
    assert solved[task == 0].double().mean() > 0.9
    assert solved[task == 1].double().mean() < 0.3


@pytest.mark.parametrize(("options", "text"), [
    ("tasks=4", "agents x groups joined by"), ("tasks=4x2+", "agents x groups joined by"), ("tasks=0x1", "joined by"),
    ("tasks=4x2+4x2", "given twice"), ("tasks=4x2,agents=5", "theirs to say"), ("tasks=5x2,fixed=true", "no 2 equal"),
])
def test_tasks_that_are_no_games_are_refused(options: str, text: str) -> None:
    with pytest.raises(SpecError, match=text):
        schema(f"group_matching:{options}")


@pytest.mark.parametrize("slip", [0.0, 0.1, 1.0])
def test_agents_slip_as_often_as_said(slip: float) -> None:
    game = make(f"group_matching:slip={slip},cells=20")
    assert isinstance(game, GroupMatching)
    game.reset(torch.arange(5000), 1)
    before = game._cell
    game.step(torch.ones(5000, 8, dtype=torch.int64))
    moved = (game._cell != before).double().mean()
    assert abs(float(moved) - slip * 2 / 3) < 0.01


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", RECORDED.values())
def test_gpu_plays_the_same_episodes(name: str) -> None:
    for field, values in _play(make(name, device="cuda"), torch.arange(64), 0).items():
        assert torch.equal(values.cpu(), _play(make(name), torch.arange(64), 0)[field]), field


def _actions(episodes: Tensor, step: int, agents: int) -> Tensor:
    """Some actions (batch agent) that depend on the episode and the step only."""
    return (episodes[:, None] * 7 + step * 5 + torch.arange(agents) * 11) % 13 % 3


def _play(game: Environment, episodes: Tensor, seed: int) -> dict[str, Tensor]:
    """Everything an episode shows from its first to its last step, (batch time ...)."""
    first = game.reset(episodes, seed)
    seen = {name: [values] for name, values in first.items()}
    for t in range(game.schema.limit):
        after: Transition = game.step(_actions(episodes, t, game.schema.agents))
        flags = {name: getattr(after, name) for name in ("reward", "terminated", "truncated", "success")}
        for name, values in {**after.fields, **flags}.items():
            seen.setdefault(name, []).append(values)
    return {name: torch.stack(values, 1) for name, values in seen.items()}
