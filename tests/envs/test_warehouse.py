"""Warehouse: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from compose.envs.catalogue import make, schema
from compose.envs.warehouse import dynamics
from compose.envs.warehouse.environment import Warehouse
from compose.language.diagnostics import SpecError

FIXTURES = Path(__file__).parents[1] / "fixtures"


def warehouse(name: str) -> Warehouse:
    game = make(name)
    assert isinstance(game, Warehouse)
    return game


def recorded(size: int) -> dict[str, Tensor]:
    """Episodes recorded from the released implementation, every draw included."""
    with np.load(FIXTURES / f"warehouse_{size}.npz") as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


@pytest.mark.parametrize("size", [4, 8, 16])
def test_recorded_episodes_replay_exactly(size: int) -> None:
    game, data = warehouse(f"warehouse/{size}:official=true"), recorded(size)
    cells = data["pos"].long() @ torch.tensor([game.settings.floor.height, 1])
    orders = data["tasks"][:, :, :, 0].long()
    fields = game.begin(cells[:, 0], orders[:, 0])
    for t in range(game.settings.limit + 1):
        assert torch.equal(game.cell, cells[:, t])
        assert torch.equal(game.open, orders[:, t])
        assert torch.equal(game.completed, data["completions"][:, t].long())
        assert torch.equal(fields["position"].long(), data["pos"][:, t].long())
        assert torch.equal(fields["observation"], data["obs"][:, t].flatten(2))
        assert torch.equal(fields["state"], data["state"][:, t].flatten(1))
        if t == game.settings.limit:
            break
        after = game.advance(data["action"][:, t].long(), data["order"][:, t].long().argsort(1), orders[:, t + 1])
        fields = after.fields
        torch.testing.assert_close(after.reward, data["reward"][:, t, 0], atol=2e-6, rtol=0)
        assert torch.equal(after.truncated, data["done"][:, t])
        assert torch.equal(after.success, data["completed"][:, t].any(1))
