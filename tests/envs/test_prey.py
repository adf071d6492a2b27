"""Predator-prey: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from compose.envs.catalogue import make
from compose.envs.prey.environment import PredatorPrey
from compose.envs.prey.start import Start

FIXTURES = Path(__file__).parents[1] / "fixtures"
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
    with np.load(FIXTURES / f"{request.param}.npz") as arrays:
        return environment, {name: torch.from_numpy(array) for name, array in arrays.items()}


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
