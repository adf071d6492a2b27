"""Battle: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from compose.envs.battle import dynamics
from compose.envs.battle.dynamics import Chance
from compose.envs.battle.environment import Battle
from compose.envs.catalogue import make, schema
from compose.language.diagnostics import SpecError

FIXTURES = Path(__file__).parents[1] / "fixtures"
CUSTOM = "battle:layout=.A..O.+A....O+.A..O.+......,limit=60"
RECORDED = {"battle_20": "battle/20", "battle_custom": CUSTOM}


def battle(name: str) -> Battle:
    game = make(name)
    assert isinstance(game, Battle)
    return game


def recorded(case: str) -> dict[str, Tensor]:
    """Episodes recorded from the released implementation, every draw included."""
    with np.load(FIXTURES / f"{case}.npz") as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


def draws(data: dict[str, Tensor], t: int) -> Chance:
    """Of step ``t``; ``order`` holds the agents in the order in which they act."""
    return Chance(turn=data["order"][:, t].long().argsort(1), aim=data["agent_target"][:, t].long(),
                  aimed=data["opp_target"][:, t].long(), move=data["opp_action"][:, t].long())


@pytest.mark.parametrize("case", RECORDED)
def test_recorded_episodes_replay_exactly(case: str) -> None:
    name, data = RECORDED[case], recorded(case)
    game = battle(name + (",official=true" if ":" in name else ":official=true"))
    lengths, height = data["length"], game._height
    fields = game.reset(torch.arange(len(lengths)), 0)
    for t in range(int(lengths.max()) + 1):
        on = t <= lengths
        place = torch.cat((data["agent_pos"], data["opp_pos"]), 2)[on, t].long()
        assert torch.equal(game.cell[on], place[..., 0] * height + place[..., 1])
        assert torch.equal(game.health[on], torch.cat((data["agent_hp"], data["opp_hp"]), 2)[on, t])
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
    data, game = recorded("battle_custom"), battle(CUSTOM)
    game.reset(torch.arange(len(data["length"])), 0)
    for t in range(int(data["length"].max())):
        after, on = game.advance(data["action"][:, t].long(), draws(data, t)), t < data["length"]
        health = torch.cat((data["agent_hp"], data["opp_hp"]), 2)[on, t + 1]
        assert torch.equal(game.health[on], (10 * health).round().float())
        assert torch.equal((10 * after.reward[on]).round(), (10 * data["reward"][on, t, 0]).round())


@pytest.mark.parametrize("case", RECORDED)
def test_opponents_draw_from_the_recorded_lists(case: str) -> None:
    game, data = battle(RECORDED[case]), recorded(case)
    mine, theirs = (data[f"mid_{side}_pos"].long() @ torch.tensor([game._height, 1]) for side in ("agent", "opp"))
    for t in range(int(data["length"].max())):
        there = dynamics.occupied(mine[:, t], data["mid_agent_hp"][:, t], game._cells)
        lists, drew = dynamics.candidates(theirs[:, t], there, game._height), data["opp_random"][:, t]
        assert torch.equal(lists[drew], data["opp_candidates"][:, t][drew].float())
