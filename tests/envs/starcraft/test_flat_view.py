"""SMAC's vectors against slow ones and against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.schema import entity_schema, has_flat
from compose.envs.starcraft.view import EntityView, FlatView, View
from tests.envs.starcraft.battles import battle, battles, changed
from tests.envs.starcraft.slow import Battle

MAPS = [name for name in SCENARIOS if has_flat(load(name))]


@pytest.mark.parametrize("name", [*MAPS, *(f"{name} cone" for name in ("MMM", "zerg_10_vs_11", "protoss_5_vs_5")),
                                  "zerg_10_vs_11 own", "terran_5_vs_5 own cone"])
def test_equals_the_slow_one(name: str) -> None:
    name, *changes = name.split()
    scenario = changed(load(name), changes)
    count = 1 if scenario.agents + scenario.enemies > 30 else 5
    snapshot = battles(scenario, count, seed=len(name), shuffle=False)
    view = View(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    for b in range(count):
        slow = Battle(scenario, snapshot, b)
        rows = torch.tensor([slow.observation(a) for a in range(slow.agents)])
        torch.testing.assert_close(found["observation"][b], rows)
        torch.testing.assert_close(found["state"][b], torch.tensor(slow.state()))


def test_numbers_by_hand() -> None:
    """A marine at (0, 0) sees the zealot at (3, 4), not the marine at (-9, 0): 9 is too far for SMAC's vectors."""
    scenario = load("2m_vs_1z")
    snapshot = battle(scenario, [(0, 0, 45, 0, 0, 3), (-9, 0, 9), (3, 4, 50, 25)], last_action=torch.tensor([[6, 2]]))
    view = View(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    torch.testing.assert_close(found["observation"][0], torch.tensor([
        # moves     attack distance x y health shield    other: visible distance x y health    own health
        [1, 1, 1, 1, 1, 5 / 9, 3 / 9, 4 / 9, .5, .5, 0, 0, 0, 0, 0, 1],
        [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .2],
    ]))  # fmt: skip
    torch.testing.assert_close(found["state"][0], torch.tensor([
        1, .2, 0, 0, .2, 0, -9 / 32, 0, .5, 3 / 32, 4 / 32, .5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0,
    ]))  # fmt: skip


@pytest.mark.parametrize(("name", "ours", "theirs"), [
    ("2s3z", [0, 0, 1, 1, 1], [1, 1, 0, 0, 0]),
    ("1c3s5z", [0, 1, 1, 1, 2, 2, 2, 2, 2], [0, 1, 1, 1, 2, 2, 2, 2, 2]),
])
def test_types_of_enemies_are_numbered_the_other_way_round_where_smac_does(
    name: str, ours: list[int], theirs: list[int]
) -> None:
    scenario, kinds = load(name), len(load(name).kinds)
    snapshot = battle(scenario, [(0.5 * i, 0, 10, 10) for i in range(scenario.agents + scenario.enemies)])
    view = View(scenario)
    view.begin(snapshot)
    state = view.fields(snapshot)["state"][0]
    ally = state[: len(ours) * (5 + kinds)].view(len(ours), -1)[:, 5:]
    enemy = state[ally.shape[0] * (5 + kinds) :][: len(theirs) * (4 + kinds)].view(len(theirs), -1)[:, 4:]
    assert (ally.argmax(1).tolist(), enemy.argmax(1).tolist()) == (ours, theirs)
    assert ally.sum(1).tolist() == enemy.sum(1).tolist() == [1] * len(ours)


def test_last_actions_are_zero_at_first_and_the_no_op_of_the_dead() -> None:
    scenario = load("MMM")
    units = [(0.5 * i, 0, 10, 0, 50) for i in range(20)]
    last = torch.zeros(1, 10, dtype=torch.int64)
    view = View(scenario)
    first = battle(scenario, units, last_action=last)
    view.begin(first)
    assert not view.fields(first)["state"][0, -160:].any()
    units[1] = (1, 0, 0)
    last[0] = torch.tensor([1, 0, *range(6, 13), 16 + 3])  # the Medivac healed the ally 3
    later = battle(scenario, units, last_action=last)
    rows = view.fields(later)["state"][0, -160:].view(10, 16)
    assert rows.sum(1).tolist() == [1] * 10
    assert rows.argmax(1).tolist() == [1, 0, *range(6, 13), 6 + 3]


def test_enemies_stand_in_the_order_of_the_attacks_on_them() -> None:
    """With shuffled tags, the k-th block of enemies has the bit of the k-th attack."""
    scenario = load("3s5z_vs_3s6z")
    snapshot = battles(scenario, 6, seed=2)
    view = View(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    attacks = found["available"][..., 6:].float()
    blocks = found["observation"][..., 4 : 4 + 9 * 8].unflatten(-1, (9, 8))
    assert torch.equal(blocks[..., 0], attacks)
    order = snapshot.tag[:, 8:].argsort(1)
    renamed = replace(snapshot, tag=torch.cat((torch.arange(9, 17), torch.arange(9))).expand(6, -1), **{
        name: torch.cat((getattr(snapshot, name)[:, :8], getattr(snapshot, name)[:, 8:].gather(1, order)), 1)
        for name in ("kind", "present", "health", "shield", "energy", "cooldown")},
        position=torch.cat((snapshot.position[:, :8],
                            snapshot.position[:, 8:].gather(1, order[..., None].expand(-1, -1, 2))), 1))
    view.begin(renamed)
    again = view.fields(renamed)
    assert torch.equal(again["observation"][..., : 4 + 9 * 8], found["observation"][..., : 4 + 9 * 8])
    assert torch.equal(again["state"], found["state"])


def test_sets_have_no_flat_view() -> None:
    message = "3-8sz has no flat view: that is defined for one task in slots of its own"
    with pytest.raises(ValueError, match=message):
        FlatView(load("3-8sz"))
    with pytest.raises(ValueError, match=message):
        entity_schema(load("3-8sz"), name="x", flat=True)
    assert View(load("3-8sz").only("3Sta")).flat is None
    assert "state" not in entity_schema(load("3m"), name="x", flat=False).fields


def test_without_an_episode_there_is_no_view() -> None:
    snapshot = battles(load("3m"), 1, seed=0)
    entity = EntityView(load("3m"))
    entity.begin(snapshot)
    with pytest.raises(RuntimeError, match="begin an episode before viewing it"):
        FlatView(load("3m")).fields(snapshot, entity.available(snapshot))
