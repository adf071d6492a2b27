"""Warehouse: recorded episodes replay exactly, draws do not depend on the batch, rules hold at their edges."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import make, schema
from compose.envs.conformance import play
from compose.envs.warehouse.environment import Warehouse
from compose.language.diagnostics import SpecError
from compose.training.actors import FixedActor
from compose.training.evaluate import evaluate_actor, measured
from tests.envs.recorded import recorded_episodes


def warehouse(name: str) -> Warehouse:
    game = make(name)
    assert isinstance(game, Warehouse)
    return game


@pytest.mark.parametrize("size", [4, 8, 16])
def test_recorded_episodes_replay_exactly(size: int) -> None:
    game, data = warehouse(f"warehouse/{size}:official=true"), recorded_episodes(f"warehouse_{size}")
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


@pytest.mark.parametrize("name", ["warehouse/4", "warehouse/8:official=true,limit=9",
                                  "warehouse:plan=S5+23+4.,agents=3"])
def test_an_episode_is_the_same_alone_and_among_others(name: str) -> None:
    episodes, game, alone = torch.arange(20, 84), warehouse(name), warehouse(name)
    seen = [game.reset(episodes, 5), alone.reset(episodes[7:8], 5)]
    for t in range(game.settings.limit + 2):
        assert all(torch.equal(seen[0][field][7:8], values) for field, values in seen[1].items())
        action = (episodes[:, None] * 7 + t * 5 + torch.arange(game.schema.agents) * 11) % 23 % 6
        after, only = game.step(action), alone.step(action[7:8])
        assert torch.equal(after.reward[7:8], only.reward)
        assert after.truncated.all() == (t == game.settings.limit - 1)
        seen = [after.fields, only.fields]
    assert not after.reward.any()


def one(cells: list[int], items: list[list[int]], action: list[int], turn: list[int] | None = None,
        plan: str = "S.23+.x45") -> tuple[Warehouse, float, bool]:
    """A step on four columns and two lines: the warehouse, its reward, and whether an order was completed. ``items``
    are what robots have to deliver, by their types."""
    game = warehouse(f"warehouse:plan={plan},agents={len(cells)}")
    game.reset(torch.arange(1), 0)
    game.begin(torch.tensor([cells]), torch.tensor([[[mine.count(kind) for kind in range(6)] for mine in items]]))
    fresh = torch.zeros(1, len(cells), 6, dtype=torch.int64)
    fresh[..., 5] = 5
    after = game.advance(torch.tensor([action]), torch.tensor([turn or list(range(len(cells)))]), fresh)
    return game, float(after.reward), bool(after.success)


def test_items_are_delivered_one_by_one_then_the_robot_returns() -> None:
    game, reward, success = one([4, 4, 6, 0], [[2, 2, 3], [2], [2], [0]], [5, 5, 5, 5])
    assert game.open[0].tolist() == [[0, 0, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 5]]
    assert reward == pytest.approx(3 - 0.03), "whoever completes an order pays nothing for the time"
    assert success
    assert game.measures["orders"].tolist() == [1]
    game, reward, success = one([0], [[2]], [5])
    assert (game.open[0, 0, 2], reward, success) == (1, pytest.approx(-0.01), False), "not before the items"


def test_robots_stand_in_each_others_way_one_after_the_other() -> None:
    follow = one([0, 2], [[2], [2]], [4, 4], turn=[1, 0])
    assert (follow[0].cell.tolist(), follow[1]) == ([[2, 4]], pytest.approx(-0.02)), "a cell that was left is free"
    stuck = one([0, 2], [[2], [2]], [4, 4], turn=[0, 1])
    assert (stuck[0].cell.tolist(), stuck[1]) == ([[0, 4]], pytest.approx(-0.52))
    swap = one([0, 2], [[2], [2]], [4, 3])
    assert (swap[0].cell.tolist(), swap[1]) == ([[0, 2]], pytest.approx(-1.02))
    race = one([0, 4], [[2], [2]], [4, 3], turn=[5, 2])
    assert (race[0].cell.tolist(), race[1]) == ([[0, 2]], pytest.approx(-0.52)), "who is first gets the cell"
    shared = one([0, 0, 0], [[2], [2], [2]], [4, 1, 0])
    assert shared[0].cell.tolist() == [[2, 1, 0]], "who began on one cell may leave it"


def test_walls_and_the_border_cost_no_more_than_time() -> None:
    game, reward, _ = one([2, 0], [[2], [2]], [1, 3])
    assert (game.cell.tolist(), reward) == ([[2, 0]], pytest.approx(-0.02))


def test_the_released_plan_of_eight_robots_has_an_odd_cell() -> None:
    for official, south, north in ((False, 15, 0), (True, 16, 0.5)):
        game = warehouse(f"warehouse/8:official={str(official).lower()},agents=1")
        for action, cell, cost in ((2, south, 0), (1, 16, north)):
            game.begin(torch.tensor([[16]]), torch.ones(1, 1, 6, dtype=torch.int64))
            after = game.advance(torch.tensor([[action]]), torch.zeros(1, 1), torch.zeros(1, 1, 6, dtype=torch.int64))
            assert (game.cell.tolist(), float(after.reward)) == ([[cell]], pytest.approx(-0.01 - cost))


def test_starts_and_orders_are_even() -> None:
    game = warehouse("warehouse/8")
    game.reset(torch.arange(5000), 3)
    assert (game.open[..., 2:].sum(2) == 5).all()
    assert not game.open[..., :2].any()
    assert (game.open[..., 2:].double().mean((0, 1)) / 5 - 1 / 4).abs().max() < 0.005
    starts = torch.bincount(game.cell.flatten(), minlength=25)
    assert starts.nonzero()[:, 0].tolist() == [5, 9, 15, 19]
    assert (starts[starts > 0] / starts.sum() - 1 / 4).abs().max() < 0.01


def test_whoever_completes_an_order_gets_another_one() -> None:
    game = warehouse("warehouse:plan=S2345,agents=2,limit=12")
    game.reset(torch.arange(400), 0)
    old, completed = game.open, 0
    for t in range(12):
        game.cell = torch.where(game.open[..., 0] > 0, 0, game.open[..., 2:].argmax(2) + 1)
        before = game.completed
        after = game.step(torch.full((400, 2), 5))
        assert (after.reward >= 1.98).all(), "both deliver in every step"
        assert torch.equal(after.success, game.completed > before)
        if t == 5:
            assert (game.completed == 2).all()
            assert (game.open[..., 2:].sum(2) == 5).all()
            assert (game.open != old).any(2).double().mean() > 0.9
        completed = int(game.completed[0])
    assert completed == 4


@pytest.mark.parametrize(("name", "text"), [
    ("warehouse/5", "no environment 'warehouse/5'"), ("warehouse:plan=S123", "made of x . S 2 3 4 5"),
    ("warehouse:plan=S.23+.x4", "equally long"), ("warehouse:plan=S.23+.x44", "there is no 5"),
    ("warehouse:plan=2345", "there is no S"), ("warehouse/4:agents=0", "agents"),
    ("warehouse/4:size=3", "unknown option"), ("warehouse:plan=S2345+", "equally long"),
])  # fmt: skip
def test_what_is_no_warehouse_is_refused(name: str, text: str) -> None:
    with pytest.raises(SpecError) as refused:
        schema(name)
    assert text in str(refused.value)


def test_evaluations_write_down_orders() -> None:
    game = warehouse("warehouse:plan=S2345,agents=1,limit=7")
    rows = evaluate_actor(FixedActor(5), game, 3, seed=0)
    assert [row["orders"] for row in rows] == [0, 0, 0]
    assert list(rows[0]) == ["episode", "return", "length", "success", "task", "orders"]
    assert measured([{**row, "orders": n} for n, row in enumerate(rows)]) == {"orders": 1}


def test_robots_earn_what_they_did_themselves() -> None:
    one = play("warehouse/4", range(8), 0)
    assert one.rewards is not None
    assert torch.allclose(one.rewards.sum(-1), one.reward)
    assert (one.rewards != one.rewards[..., :1]).any()
