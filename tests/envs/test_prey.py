"""Predator-prey: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.envs.catalogue import make
from compose.envs.interface import Environment
from compose.envs.prey import dynamics
from compose.envs.prey.environment import PredatorPrey
from compose.envs.prey.start import Start
from tests.envs.recorded import recorded_episodes

RECORDED = {
    "prey_various_num": "prey/various_num",
    "prey_various_cap": "prey/various_cap",
    "prey_various_all": "prey/various_all",
    "prey_various_num_m6_s3_e20": "prey/various_num:size=6,sight=3,limit=20",
}


@pytest.fixture(params=RECORDED)
def recorded(request: pytest.FixtureRequest) -> tuple[PredatorPrey, dict[str, Tensor]]:
    """A game and episodes of both splits recorded from the released implementation, every random draw included."""
    environment = make(RECORDED[request.param])
    assert isinstance(environment, PredatorPrey)
    return environment, recorded_episodes(request.param)


def test_recorded_episodes_replay_exactly(recorded: tuple[PredatorPrey, dict[str, Tensor]]) -> None:
    game, data = recorded
    lengths = data["length"]
    fields = game.begin(_start(game, data))
    _same(game, fields, data, 0, lengths >= 0)
    for t in range(int(lengths.max())):
        after = game.advance(data["action"][:, t].long(), data["prey_move"][:, t].long().clamp(min=0))
        on = t < lengths
        _same(game, after.fields, data, t + 1, on)
        assert torch.equal(after.reward[on], data["reward"][on, t])
        assert torch.equal((after.terminated | after.truncated)[on], data["done"][on, t])
        assert torch.equal(after.success[on], data["won"][on, t])
        assert torch.equal(after.truncated[on], data["limit"][on, t])
        assert not torch.stack((after.terminated, after.truncated, after.success))[:, ~on].any()
        assert not after.reward[~on].any()


@given(episodes=st.lists(st.integers(0, 2**40), min_size=1, max_size=8, unique=True), seed=st.integers(0, 2**32),
       name=st.sampled_from([*(f"{name},limit=6" if ":" in name else f"{name}:limit=6" for name in RECORDED.values()),
                             "prey/various_all:split=test,limit=6"]))
@settings(max_examples=20, deadline=None)
def test_an_episode_is_the_same_alone_and_among_others(episodes: list[int], seed: int, name: str) -> None:
    together = _play(make(name.replace("limit=20,", "")), torch.tensor(episodes), seed)
    for place in {0, len(episodes) - 1}:
        alone = _play(make(name.replace("limit=20,", "")), torch.tensor([episodes[place]]), seed)
        for field, values in alone.items():
            assert torch.equal(together[field][place : place + 1], values), field


def test_every_row_may_have_a_seed_of_its_own() -> None:
    numbers, seeds = torch.tensor([4, 4, 9]), (7, 1, 7)
    together, alone = make("prey/various_all"), [make("prey/various_all") for _ in seeds]
    rows, mine = together.reset(numbers, seeds), [e.reset(numbers[i : i + 1], seeds[i]) for i, e in enumerate(alone)]
    for _ in range(4):
        for row, fields in enumerate(mine):
            assert all(torch.equal(rows[name][row], values[0]) for name, values in fields.items())
        action = torch.randint(6, (3, 9), generator=torch.Generator().manual_seed(0))
        rows, mine = together.step(action).fields, [e.step(action[i : i + 1]).fields for i, e in enumerate(alone)]


@pytest.mark.parametrize("name", [*RECORDED.values(), "prey/various_num:agents=8,preys=8,landmarks=0,test_agents=8,"
                                  "test_preys=8,test_landmarks=0,size=4"])  # fmt: skip
def test_whatever_agents_try_the_map_stays_whole(name: str) -> None:
    game = _game(name)
    game.reset(torch.arange(64), 0)
    for time in range(game.schema.limit):
        tried = torch.randint(6, (64, game.schema.agents), generator=torch.Generator().manual_seed(time))
        fields = game.step(tried).fields
        assert torch.equal(game._grid, dynamics.chart(game.map, game.agent, game.prey, game.landmark))
        here = torch.cat((game.agent, game.prey, game.landmark), 1)
        assert [len({*row} - {game.map.nowhere}) for row in here.tolist()] == (here != game.map.nowhere).sum(1).tolist()
        assert torch.equal(game.agent != game.map.nowhere, fields["active"])


SMALL = "prey/various_num:agents=3,preys=2,landmarks=1,test_agents=3,test_preys=2,test_landmarks=1,size=4,limit=3"
STAY, UP, DOWN, LEFT, RIGHT, CAPTURE = range(6)


def _begun(agents: list[int], preys: list[int], landmark: int = 15, need: tuple[int, int] = (2, 2),
           strength: tuple[int, int, int] = (1, 1, 1)) -> PredatorPrey:  # fmt: skip
    game = _game(SMALL)
    game.begin(Start(torch.tensor([[*agents, *preys, landmark]]), torch.tensor([[*strength, *need, 0]]),
                     torch.tensor([[2, 0, 1]]), torch.zeros(1, dtype=torch.int64)))  # fmt: skip
    return game


def _places(game: PredatorPrey, cells: Tensor) -> list[int]:
    back = {int(game.map.cell(torch.tensor(place))): place for place in range(game.settings.size**2)}
    return [back.get(cell, -1) for cell in cells[0].tolist()]


def _turn(game: PredatorPrey, action: list[int], flight: list[int]) -> float:
    return float(game.advance(torch.tensor([action]), torch.tensor([flight])).reward)


def test_agents_move_in_turn_and_the_first_to_come_stands() -> None:
    game = _begun([0, 2, 9], [11, 14])
    assert _turn(game, [RIGHT, LEFT, STAY], [STAY, STAY]) == 0
    assert _places(game, game.agent) == [1, 2, 9]
    _turn(game, [DOWN, LEFT, UP], [STAY, STAY])  # what one leaves, the next may enter
    assert _places(game, game.agent) == [5, 1, 9]


def test_walls_landmarks_and_others_block() -> None:
    game = _begun([0, 14, 3], [7, 10])
    _turn(game, [UP, RIGHT, DOWN], [RIGHT, DOWN])
    assert _places(game, game.agent) == [0, 14, 3]
    assert _places(game, game.prey) == [7, 10]


def test_a_strike_hits_all_preys_beside_it_with_all_its_strength_and_is_not_kept() -> None:
    game = _begun([5, 0, 3], [4, 6], need=(2, 3), strength=(2, 1, 1))
    assert _turn(game, [CAPTURE, STAY, STAY], [STAY, STAY]) == 1
    assert _places(game, game.prey) == [-1, 6]
    assert _turn(game, [CAPTURE, STAY, STAY], [STAY, STAY]) == 0
    assert _turn(game, [CAPTURE, STAY, CAPTURE], [STAY, STAY]) == 0  # the third stands at an angle
    assert not game._running.any()


def test_together_they_are_strong_enough() -> None:
    game = _begun([5, 2, 12], [6, 8], need=(2, 2))
    assert _turn(game, [CAPTURE, CAPTURE, CAPTURE], [STAY, STAY]) == 1
    assert _places(game, game.prey) == [-1, 8]


@pytest.mark.parametrize(("preys", "after"), [([6, 5], [2, -1]), ([5, 6], [-1, 2])])
def test_preys_take_turns_so_that_a_captured_one_may_be_in_the_way(preys: list[int], after: list[int]) -> None:
    free = [_begun([1, 4, 9], preys, need=(2, 2)) for _ in range(2)]
    struck, alone = preys.index(5), preys.index(6)
    for game, way in zip(free, (LEFT, UP), strict=True):
        flight = [0, 0]
        flight[alone] = way
        assert _turn(game, [CAPTURE, CAPTURE, CAPTURE], flight) == 1
    found = _places(free[0], free[0].prey)
    assert found[struck] == -1
    assert found[alone] == (5 if struck < alone else 6)
    assert _places(free[1], free[1].prey) == after


def test_captured_preys_are_present_and_see_themselves_alone() -> None:
    game = _begun([1, 4, 9], [5, 15], landmark=12)
    fields = game.advance(torch.tensor([[CAPTURE] * 3]), torch.zeros(1, 2, dtype=torch.int64)).fields
    assert fields["present"].all()
    assert fields["sight"][0, 3].tolist() == fields["sight"][0, :, 3].tolist() == [False] * 3 + [True] + [False] * 2
    row = fields["entities"][0, 3]
    assert row.nonzero()[:, 0].tolist() == [1]  # its type
    assert not fields["available"][0, :, CAPTURE].any()


def test_flat_vectors_say_what_is_seen_from_where_one_stands() -> None:
    game = _game(SMALL + ",sight=1,flat=true")
    fields = game.begin(Start(torch.tensor([[5, -1, 0, 6, 15, 10]]), torch.tensor([[1, 0, 1, 2, 2, 0]]),
                              torch.tensor([[2, 0, 1]]), torch.zeros(1, dtype=torch.int64)))  # fmt: skip
    rows = fields["state"].view(6, 4).tolist()
    assert rows == [[1, 0.25, 0.25, 1], [0] * 4, [1, 0, 0, 1], [1, 0.25, 0.5, 2], [1, 0.75, 0.75, 2], [1, 0.5, 0.5, 0]]
    first, absent, corner = fields["observation"][0].tolist()
    assert first == [0.25, 0.25, 1, 0, 0, 1, *[0] * 8, 1, 0, 0.25, 2, *[0] * 8]
    assert not any(absent)
    assert corner == [0, 0, *[0] * 8, 1, 0, 0, 1, *[0] * 12]


def test_all_captured_in_the_last_step_is_a_truncation() -> None:
    for rest, ends in ((0, (True, False)), (2, (False, True))):
        game = _begun([1, 4, 9], [5, 10], need=(1, 1))
        for _ in range(rest):
            _turn(game, [STAY] * 3, [STAY] * 2)
        after = game.advance(torch.tensor([[CAPTURE] * 3]), torch.zeros(1, 2, dtype=torch.int64))
        assert (after.success.item(), after.reward.item()) == (True, 2)
        assert (after.terminated.item(), after.truncated.item()) == ends


def test_the_script_captures_more_than_chance_and_takes_what_it_may() -> None:
    game = _game("prey/various_cap")
    fields, captured = game.reset(torch.arange(128), 0), torch.zeros(128)
    for _ in range(game.schema.limit):
        action = game.scripts["nearest"]()
        assert fields["available"].gather(2, action[..., None]).all()
        after = game.step(action)
        captured, fields = captured + after.reward, after.fields
    assert captured.mean() > 2.5  # random play: 1.3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["prey/various_all:split=test,flat=true,limit=9", "prey/various_cap:limit=9"])
def test_gpu_plays_the_same_episodes(name: str) -> None:
    here, there = (_play(make(name, device=device), torch.arange(64, device=device), 0) for device in ("cpu", "cuda"))
    for field, values in there.items():
        assert torch.equal(values.cpu(), here[field]), field


def test_the_largest_map_is_played() -> None:
    game = make("prey/various_num:size=50,sight=100,limit=2")
    fields = game.reset(torch.arange(2), 0)
    there = fields["present"]
    assert torch.equal(fields["sight"], there[:, None] & there[..., None])


def _game(name: str) -> PredatorPrey:
    game = make(name)
    assert isinstance(game, PredatorPrey)
    return game


def _play(game: Environment, episodes: Tensor, seed: int) -> dict[str, Tensor]:
    """Everything an episode shows from its first to its last step, (batch time ...); agents try anything."""
    seen = {name: [values] for name, values in game.reset(episodes, seed).items()}
    agent = torch.arange(game.schema.agents, device=game.device)
    for t in range(game.schema.limit):
        after = game.step((episodes[:, None] * 7 + t * 5 + agent * 11) % 13 % 6)
        flags = {name: getattr(after, name) for name in ("reward", "terminated", "truncated", "success")}
        for name, values in {**after.fields, **flags}.items():
            seen.setdefault(name, []).append(values)
    return {name: torch.stack(values, 1) for name, values in seen.items()}


def _start(game: PredatorPrey, data: dict[str, Tensor]) -> Start:
    cells = torch.cat((data["agent_cell"][:, 0], data["prey_cell"][:, 0], data["landmark_cell"]), 1).long()
    strength, need = data["agent_strength"].long(), data["prey_need"].long()
    return Start(
        place=torch.where(cells[..., 0] < 0, -1, cells[..., 0] * game.settings.size + cells[..., 1]),
        capability=torch.cat((strength, need, need.new_zeros(data["landmark_cell"].shape[:2])), 1),
        tag=data["agent_tag"].long().clamp(min=0),
        task=torch.zeros(len(need), dtype=torch.int64),
    )


def _same(game: PredatorPrey, fields: dict[str, Tensor], data: dict[str, Tensor], time: int, on: Tensor) -> None:
    agents = game.schema.agents
    assert torch.equal(fields["entities"][on], data["entities"][on, time].float())
    assert torch.equal(fields["present"][on], data["entity_mask"][on, time] == 0)
    assert torch.equal(fields["sight"][on], data["obs_mask"][on, time] == 0)
    assert torch.equal(fields["visible"][on], data["obs_mask"][on, time, :agents] == 0)
    assert torch.equal(fields["available"][on], data["avail_actions"][on, time] == 1)
