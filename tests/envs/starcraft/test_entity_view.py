"""The entity view against a slow one, against numbers worked out by hand, and under other slots and tags."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.schema import entity_schema
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.view import EntityView, View
from tests.envs.starcraft.battles import battle, battles, changed
from tests.envs.starcraft.slow import Battle

LARGE = {"25m", "27m_vs_30m", "2c_vs_64zg", "so_many_baneling", "bane_vs_bane"}


@pytest.mark.parametrize("name", [*SCENARIOS, *(f"{name} cone" for name in ("MMM", "zerg_10_vs_11", "3-8csz")),
                                  "3-8MMM own", "terran_10_vs_11 own cone"])
def test_equals_the_slow_one(name: str) -> None:
    name, *changes = name.split()
    scenario, count = changed(load(name), changes), 1 if name in LARGE else 6
    snapshot = battles(scenario, count, seed=len(name))
    view = EntityView(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    for b in range(count):
        slow = Battle(scenario, snapshot, b)
        torch.testing.assert_close(found["entities"][b], torch.tensor([slow.entity(i) for i in slow.units]))
        assert found["available"][b].tolist() == [slow.available(a) for a in range(slow.agents)]
        assert view.carried_out(snapshot)[b].tolist() == [slow.available(a, True) for a in range(slow.agents)]
        assert found["sight"][b].tolist() == [[slow.sees(i, j) for j in slow.units] for i in slow.units]
        assert found["active"][b].tolist() == slow.alive[: slow.agents]
        units = [*zip(slow.of["present"], slow.of["tag"], strict=True)]
        aims = [[k >= slow.plain and there and k - slow.plain == tag for there, tag in units]
                for k in range(slow.actions)]
        assert found["action_entity"][b].tolist() == aims
    assert torch.equal(found["visible"], found["sight"][:, : scenario.agents])
    assert torch.equal(view.available(snapshot), found["available"])


@pytest.mark.parametrize("name", ["3m", "MMM", "3-8MMM", "5-11sz", "medium_mt_unseen", "corridor"])
def test_gives_every_field_of_the_schema_in_its_shape(name: str) -> None:
    scenario, kinds = load(name), {"bool": torch.bool, "int": torch.int64, "float": torch.float32}
    schema, snapshot = entity_schema(scenario, name=name), battles(load(name), 3, seed=1)
    view = View(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    later = {"agent_id", "action", "last_action", "reward", "terminated", "steps", "success"}
    assert found.keys() == schema.fields.keys() - later
    for field, tensor in found.items():
        axes = [axis.rstrip("'") for axis in schema.fields[field].axes if axis not in ("batch", "time")]
        assert tensor.shape == (3, *(schema.sizes[axis] for axis in axes)), field
        assert tensor.dtype == kinds[schema.fields[field].dtype], field


def test_numbers_by_hand() -> None:
    """Stalkers at (-3, 0) and (3, 0), the second dead; the spine crawler at (0, 6) is farther than 6 from the first."""
    scenario = load("2s_vs_1sc")
    snapshot = battle(scenario, [(-3, 0, 40, 20, 0, 7), (3, 0, 0, 0, 0, 30), (0, 6, 150)],
                      moves=torch.tensor([[[True, False, True, True], [True] * 4]]))
    view = EntityView(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    far = 4.0  # mean (0, 2); the crawler is 4 from it, the stalkers sqrt(13)
    assert found["available"][0].int().tolist() == [[0, 1, 1, 0, 1, 1, 0], [1, 0, 0, 0, 0, 0, 0]]
    torch.testing.assert_close(found["entities"][0], torch.tensor([
        # tag    available       type  hp   shield energy cooldown  from the centre  from the mean
        [0, 1, 0, 1, 0, 1, 1, 0, 1, 0, .5, .25, 0, .2, -3 / 32, 0, -3 / far, -2 / far],
        [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, .5, 0, 0, 0, 0, 6 / 32, 0, 4 / far],
    ]))  # fmt: skip
    assert found["visible"][0].int().tolist() == [[1, 0, 1], [0, 1, 0]]
    assert found["sight"][0, 2].int().tolist() == [1, 0, 1]
    assert found["position"][0].tolist() == [[-3 / 32, 0], [3 / 32, 0]]


@pytest.mark.parametrize(("x", "seen", "reached"), [
    (6.0, True, True), (6 + 2**-12, True, False), (9.0, True, False), (9 + 2**-12, False, False),
])
def test_limits_of_sight_and_reach_hold_to_the_last_bit(x: float, seen: bool, reached: bool) -> None:
    scenario = load("2m_vs_1z")
    snapshot = battle(scenario, [(0.5, 0, 45), (0.5, 12, 45), (0.5 + x, 0, 100, 50)])
    view = EntityView(scenario)
    view.begin(snapshot)
    found = view.fields(snapshot)
    assert (bool(found["visible"][0, 0, 2]), bool(found["available"][0, 0, 6])) == (seen, reached)


def test_medivacs_choose_allies_that_are_none() -> None:
    scenario = load("MMM")
    units = [(0.25 * i, 0, 100) for i in range(9)] + [(1, 1, 150, 0, 50)] + [(0, 3, 100)] * 10
    units[3] = (0, 0, 0)  # a dead marine
    snapshot = battle(scenario, units)
    view = EntityView(scenario)
    view.begin(snapshot)
    attack, heal = view.available(snapshot)[0, :, 6:].int().split([10, 10], 1)
    assert attack.sum(1).tolist() == [10, 10, 10, 0, 10, 10, 10, 10, 10, 0]
    assert heal.sum(1).tolist() == [0] * 9 + [8]
    assert heal[9].tolist() == [1, 1, 1, 0, 1, 1, 1, 1, 1, 0]


def test_units_at_one_point_give_finite_numbers() -> None:
    scenario = load("3m")
    snapshot = battle(scenario, [(2, 2, 45)] * 6)
    view = EntityView(scenario)
    view.begin(snapshot)
    assert view.fields(snapshot)["entities"].isfinite().all()


def test_what_absent_slots_hold_does_not_matter() -> None:
    scenario = load("3-8MMM")
    snapshot = battles(scenario, 5, seed=3)
    absent = ~snapshot.present
    strange = replace(
        snapshot, kind=snapshot.kind.where(~absent, 3), position=snapshot.position.where(~absent[..., None], torch.nan),
        cooldown=snapshot.cooldown.where(~absent, torch.inf),
    )
    results = []
    for each in (snapshot, strange):
        view = EntityView(scenario)
        view.begin(each)
        results.append(view.fields(each))
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


def test_a_battle_is_the_same_alone_and_among_others() -> None:
    scenario = load("3-8MMM")
    snapshot = battles(scenario, 9, seed=4)
    view = View(scenario)
    view.begin(snapshot)
    together = view.fields(snapshot)
    for b in range(9):
        one = Snapshot(**{field.name: getattr(snapshot, field.name)[b : b + 1] for field in fields(Snapshot)})
        view.begin(one)
        assert all(torch.equal(tensor[0], together[name][b]) for name, tensor in view.fields(one).items())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("name", ["3-8MMM", "MMM2", "bane_vs_bane"])
def test_a_gpu_sees_the_same(name: str) -> None:
    scenario = load(name)
    snapshot = battles(scenario, 9, seed=5)
    there = Snapshot(**{field.name: getattr(snapshot, field.name).cuda() for field in fields(Snapshot)})
    found = []
    for each, view in ((snapshot, View(scenario)), (there, View(scenario, "cuda"))):
        view.begin(each)
        found.append(view.fields(each))
    for field, tensor in found[0].items():
        other = found[1][field].cpu()
        assert torch.equal(tensor, other) if tensor.dtype != torch.float32 else torch.allclose(tensor, other, atol=1e-6)
    move, target = view.entity.decode(there, there.last_action)
    assert torch.equal(target.cpu(), view.entity.decode(snapshot, snapshot.last_action)[1])
    assert move.is_cuda


def test_without_an_episode_there_is_no_view() -> None:
    snapshot = battles(load("3m"), 1, seed=0)
    with pytest.raises(RuntimeError, match="begin an episode before viewing it"):
        View(load("3m")).fields(snapshot)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["3-8MMM", "3-8csz", "5m_vs_6m"]))
def test_slots_are_only_names(seed: int, name: str) -> None:
    """Allies and enemies in other slots, with their tags: the same units, the same actions, in the new slots."""
    scenario = load(name)
    agents, enemies = scenario.agents, scenario.enemies
    snapshot = battles(scenario, 3, seed)
    source = torch.Generator().manual_seed(seed)
    ally = torch.randperm(agents, generator=source)
    unit = torch.cat((ally, torch.randperm(enemies, generator=source) + agents))
    moved = replace(snapshot, moves=snapshot.moves[:, ally], last_action=snapshot.last_action[:, ally], **{
        field: getattr(snapshot, field)[:, unit]
        for field in ("kind", "present", "position", "health", "shield", "energy", "cooldown", "tag")})
    view = EntityView(scenario)
    view.begin(snapshot)
    before = view.fields(snapshot)
    view.begin(moved)
    after = view.fields(moved)
    assert torch.equal(after["entities"], before["entities"][:, unit])
    assert torch.equal(after["available"], before["available"][:, ally])
    assert torch.equal(after["visible"], before["visible"][:, ally][..., unit])
    assert torch.equal(after["action_entity"], before["action_entity"][..., unit])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["3-8MMM", "3-8csz", "5m_vs_6m"]))
def test_tags_only_rename_targets(seed: int, name: str) -> None:
    """Under other tags the same units can be chosen, by other actions; everything else stays."""
    scenario = load(name)
    snapshot = battles(scenario, 3, seed)
    other = replace(snapshot, tag=battles(scenario, 3, seed + 1).tag)
    view = EntityView(scenario)
    views = []
    for each in (snapshot, other):
        view.begin(each)
        found = view.fields(each)
        units = torch.einsum("bau,bun->ban", found["available"].float(), found["action_entity"].float())
        views.append((found, units))
    (before, units), (after, same) = views
    assert torch.equal(units, same)
    assert torch.equal(before["available"][..., :6], after["available"][..., :6])
    assert torch.equal(before["sight"], after["sight"])
    first = sum(feature.size for feature in entity_schema(scenario, name=name).features[:2])
    assert torch.equal(before["entities"][..., first:], after["entities"][..., first:])


@pytest.mark.parametrize("name", ["3-8MMM", "3s5z_vs_3s6z", "2c_vs_64zg"])
def test_decode_says_what_actions_mean(name: str) -> None:
    scenario = load(name)
    snapshot = battles(scenario, 4, seed=9)
    view = EntityView(scenario)
    view.begin(snapshot)
    aims = view.fields(snapshot)["action_entity"]
    for number in range(scenario.actions):
        move, target = view.decode(snapshot, torch.full((4, scenario.agents), number))
        assert (move == (number - 2 if 2 <= number < 6 else -1)).all()
        assert move.dtype == target.dtype == torch.int64
        for b in range(4):
            aimed = aims[b, number].nonzero().flatten().tolist()
            bearer = (snapshot.tag[b] == number - 6).nonzero().flatten().tolist()
            assert target[b].tolist() == [bearer[0] if number >= 6 else -1] * scenario.agents
            assert not aimed or aimed == bearer
