"""Battle: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from compose.envs.battle import dynamics
from compose.envs.battle.dynamics import Army, Chance
from compose.envs.battle.environment import Battle
from compose.envs.catalogue import make, schema
from compose.language.diagnostics import SpecError
from tests.envs.recorded import recorded_episodes

CUSTOM = "battle:layout=.A..O.+A....O+.A..O.+......,limit=60"
RECORDED = {"battle_20": "battle/20", "battle_custom": CUSTOM}


def battle(name: str) -> Battle:
    game = make(name)
    assert isinstance(game, Battle)
    return game


def draws(data: dict[str, Tensor], t: int) -> Chance:
    """Of step ``t``; ``order`` holds the agents in the order in which they act."""
    return Chance(turn=data["order"][:, t].long().argsort(1), aim=data["agent_target"][:, t].long(),
                  aimed=data["opp_target"][:, t].long(), move=data["opp_action"][:, t].long())


@pytest.mark.parametrize("case", RECORDED)
def test_recorded_episodes_replay_exactly(case: str) -> None:
    name, data = RECORDED[case], recorded_episodes(case)
    game = battle(name + (",official=true" if ":" in name else ":official=true"))
    lengths, height = data["length"], game.grid.height
    fields = game.reset(torch.arange(len(lengths)), 0)
    for t in range(int(lengths.max()) + 1):
        on = t <= lengths
        place = torch.cat((data["agent_pos"], data["opp_pos"]), 2)[on, t].long()
        assert torch.equal(torch.cat((game.mine.cell, game.theirs.cell), 1)[on], place[..., 0] * height + place[..., 1])
        health = torch.cat((data["agent_hp"], data["opp_hp"]), 2)[on, t]
        assert torch.equal(torch.cat((game.mine.health, game.theirs.health), 1)[on], health)
        assert torch.equal(fields["position"][on].long(), data["agent_pos"][on, t].long())
        torch.testing.assert_close(fields["observation"][on], data["obs"][on, t].flatten(2), atol=1e-6, rtol=0)
        torch.testing.assert_close(fields["state"][on], data["state"][on, t].flatten(1), atol=1e-6, rtol=0)
        if t == lengths.max():
            break
        after, on = game.advance(data["action"][:, t].long(), draws(data, t)), t < lengths
        fields = after.fields
        torch.testing.assert_close(after.reward[on], data["reward"][on, t, 0], atol=2e-6, rtol=0)
        assert torch.equal((after.terminated | after.truncated)[on], data["done"][on, t])
        assert not after.reward[~on].any()


def test_whole_numbers_fight_the_same_battles_where_no_hit_leaves_a_trace_of_health() -> None:
    data, game = recorded_episodes("battle_custom"), battle(CUSTOM)
    game.reset(torch.arange(len(data["length"])), 0)
    for t in range(int(data["length"].max())):
        after, on = game.advance(data["action"][:, t].long(), draws(data, t)), t < data["length"]
        health = torch.cat((data["agent_hp"], data["opp_hp"]), 2)[on, t + 1]
        assert torch.equal(torch.cat((game.mine.health, game.theirs.health), 1)[on], (10 * health).round().float())
        assert torch.equal((10 * after.reward[on]).round(), (10 * data["reward"][on, t, 0]).round())


@pytest.mark.parametrize("case", RECORDED)
def test_opponents_draw_from_the_recorded_lists(case: str) -> None:
    game, data = battle(RECORDED[case]), recorded_episodes(case)
    mine, theirs = (data[f"mid_{side}_pos"].long() @ torch.tensor([game.grid.height, 1]) for side in ("agent", "opp"))
    for t in range(int(data["length"].max())):
        there = dynamics.occupied(Army(mine[:, t], data["mid_agent_hp"][:, t]), game.grid.cells)
        lists, drew = dynamics.candidates(theirs[:, t], there, game.grid.height), data["opp_random"][:, t]
        assert torch.equal(lists[drew], data["opp_candidates"][:, t][drew].float())


@pytest.mark.parametrize("name", ["battle/6:limit=30", "battle/6:limit=30,official=true"])
def test_who_is_alone_fights_the_same_battle_and_the_dead_do_nothing(name: str) -> None:
    """Bit by bit, whatever actions are given to the dead, also such as they may not take."""
    episodes, game, alone = torch.arange(20, 84), battle(name), battle(name)
    game.reset(episodes, 5)
    alone.reset(episodes[7:8], 5)
    died = False
    for t in range(30):
        action = (episodes[:, None] * 7 + t * 5 + torch.arange(6) * 11) % 23 % 6
        action = torch.where(game.theirs.cell[:, :1] == game.mine.cell, dynamics.ATTACK, action)
        dead, own = game.mine.health <= 0, action[7:8]
        died |= bool(dead[7].any())
        after, only = game.step(action), alone.step(own.where(alone.mine.health > 0, (own + t) % 6))
        assert torch.equal(after.reward[7:8], only.reward)
        for field, values in only.fields.items():
            assert torch.equal(after.fields[field][7:8], values), field
    assert died


def test_what_has_ended_stays_and_costs_nothing() -> None:
    game = battle("battle:layout=AO+AO")
    fields = game.reset(torch.arange(64), 0)
    ended = torch.zeros(64, dtype=torch.bool)
    for _ in range(100):
        seen = {name: x.clone() for name, x in fields.items()}
        before, after = fields, game.step(torch.full((64, 2), dynamics.ATTACK))
        assert all(torch.equal(before[name], x) for name, x in seen.items()), "what was given is not written to"
        assert all(torch.equal(after.fields[name][ended], x[ended]) for name, x in seen.items())
        assert not (after.terminated | after.truncated | after.success)[ended].any()
        assert not after.reward[ended].any()
        ended |= after.terminated | after.truncated
        fields = after.fields
    assert ended.all()
    lost, killed = game.measures["lost"], game.measures["killed"]
    assert (((lost == 2) | (killed == 2)) | (game._time == 100)).all()
    assert 0 < int((killed == 2).sum()) < 64


def one(agents: list[tuple[int, float]], opponents: list[tuple[int, float]], action: list[int], height: int = 4,
        turn: list[int] | None = None, aim: float = 0.0, move: float = 0.0) -> tuple[Battle, float]:
    """A step on a grid of 6 x 4 from given cells and health in tenths; the battle and its reward."""
    layout = ["......"] * height
    layout[0] = "A" * len(agents) + "O" * len(opponents)
    game = battle("battle:layout=" + "+".join(row.ljust(6, ".") for row in layout))
    game.reset(torch.arange(1), 0)
    game.mine, game.theirs = (dynamics.Army(torch.tensor([[cell for cell, _ in army]]),
                                            torch.tensor([[float(health) for _, health in army]]))
                              for army in (agents, opponents))
    chance = Chance(turn=torch.tensor([turn or list(range(len(agents)))]), aim=torch.full((1, len(agents)), aim),
                    aimed=torch.full((1, len(opponents)), aim), move=torch.full((1, len(opponents)), move))
    return game, float(game.advance(torch.tensor([action]), chance).reward)


def test_blows_fall_one_after_the_other() -> None:
    """Three agents and an opponent with one blow left: two hit nobody and pay nothing; elsewhere a miss costs."""
    game, reward = one([(0, 30), (0, 30), (0, 30), (9, 30)], [(0, 10), (23, 30)], [5, 5, 5, 5])
    assert game.theirs.health.tolist() == [[0, 30]]
    assert reward == pytest.approx(1 - 0.1)
    game, reward = one([(0, 30), (0, 30)], [(0, 10), (0, 10)], [5, 5])
    assert (game.theirs.health.tolist(), reward) == ([[0, 0]], 2)


def test_opponents_hit_who_stands_with_them_also_where_agents_have_just_walked() -> None:
    game, reward = one([(0, 10), (8, 25)], [(1, 21), (8, 30)], [1, 0])
    assert game.mine.cell.tolist() == [[1, 8]]
    assert game.mine.health.tolist() == [[1, 16]], "agents have recovered before they are hit"
    assert game.theirs.health.tolist() == [[22, 30]]
    assert reward == -1
    game, reward = one([(0, 5), (20, 30)], [(0, 30), (0, 30)], [0, 0])
    assert game.mine.health.tolist() == [[0, 30]], "the second finds nobody alive"
    assert reward == -0.5


@pytest.mark.parametrize(("draw", "target"), [(0.0, 0), (0.49, 0), (0.5, 2), (0.99, 2)])
def test_the_one_who_is_hit_is_any_of_the_living(draw: float, target: int) -> None:
    game, _ = one([(4, 30)], [(4, 20), (9, 20), (4, 20), (4, 0)], [5], aim=draw)
    assert [health < 20 for health in game.theirs.health[0].tolist()] == [n in (target, 3) for n in range(4)]


def test_opponents_walk_to_whom_they_see_and_west_from_the_east() -> None:
    grid = torch.zeros(1, 24, dtype=torch.bool)
    grid[0, [4, 9]] = True  # at (1, 0) and (2, 1)
    at = torch.tensor([[0, 10, 16, 20]])
    assert dynamics.candidates(at, grid, 4)[0].tolist() == [
        [0, 1, 0, 0, 2, 0], [0, 0, 2, 1, 0, 0], [0, 1, 0, 3, 0, 0], [0, 1, 0, 2, 0, 0]]
    assert dynamics.candidates(torch.tensor([[3, 23]]), grid & False, 4)[0].tolist() == [
        [1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0]]


def test_draws_are_even() -> None:
    lists = torch.tensor([0.0, 1, 0, 2, 1, 0]).expand(40_000, 1, 6)
    game = battle("battle:layout=A.O")
    game.reset(torch.arange(40_000), 3)
    from compose.kernels.random import uniform
    found = torch.bincount(dynamics.chosen(lists, uniform(game._choice, game._counters[:, 1:]))[:, 0])
    assert (found / 40_000 - torch.tensor([0, 0.25, 0, 0.5, 0.25])).abs().max() < 0.01


def test_armies_start_as_released_or_in_blocks() -> None:
    for agents in (20, 40, 80):
        found = schema(f"battle/{agents}")
        assert (found.agents, found.others) == (agents, agents)
    game = battle("battle/3:opponents=7")
    assert (game.settings.size, len(game.settings.armies[1])) == ((6, 6), 7)
    assert game.settings.armies[0] == ((0, 1), (0, 2), (0, 3))
    assert all(x >= 3 for x, _ in game.settings.armies[1])
    assert schema("battle/1:width=2,height=2").sizes["state"] == 8


@pytest.mark.parametrize(("name", "text"), [
    ("battle/0", "no environment 'battle/0'"), ("battle/1001", "no environment"),
    ("battle:layout=A", "2 to 100 columns"),
    ("battle:layout=AA", "1 to 1000 agents (A)"), ("battle:layout=AO+A", "equally long"),
    ("battle:layout=AxO", "made of A, O and ."), ("battle/40:layout=AO", "its to say"), ("battle:layout=7", "layout"),
    ("battle/20:width=4,height=4", "do not fit"), ("battle/20:opponents=2000", "opponents"),
    ("battle/20:official=1", "official"), ("battle/20:agent=5", "Did you mean 'agents'?"),
])  # fmt: skip
def test_what_is_no_battle_is_refused(name: str, text: str) -> None:
    with pytest.raises(SpecError) as refused:
        schema(name)
    assert text in str(refused.value)
