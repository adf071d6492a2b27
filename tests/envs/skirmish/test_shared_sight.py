"""Sight that agents do not share: half of SMACv2's extended partial observability."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from compose.envs.catalogue import make, schema
from compose.envs.conformance import assert_conforms
from compose.envs.interface import Environment, Fields, written
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.native.kernel import kernel
from compose.envs.starcraft.scenario_model import PLAIN
from compose.kernels.random import key, one_of, uniform
from tests.envs.skirmish.battles import change, meadow, packaged, place, stay

SHOWN = {"entities", "visible", "sight", "available", "active", "observation", "state", "position", "present"}
OWN = "shared_sight=0,targets=any"


def _look(env: Skirmish, **changes: int) -> list[list[bool]]:
    """A step, after which agent by agent which enemies are seen in the first battle."""
    found: list[list[bool]] = env.step(stay(env, **changes)).fields["visible"][0, :, env.forces.allies :].tolist()
    return found


@pytest.mark.usefixtures("backend")
def test_the_first_in_the_order_of_slots_owns_an_enemy() -> None:
    env = meadow({"Marine": 3}, 2)
    assert _look(env) == [[False, False]] * 3
    place(env, (0, 10), (0, 0), (0, 2), (6, 0), (12, -5))  # the first ally is too far from both, all from the second
    assert _look(env) == [[False, False], [True, False], [False, False]]
    place(env, (0, 1), (0, 0), (9, -2), (6, 0), (12, -5))
    assert _look(env) == [[False, False], [True, False], [False, True]]
    assert env._spotted is not None
    assert env._spotted.owner.tolist() == [[1, 2]]


@pytest.mark.usefixtures("backend")
def test_an_owner_who_walks_off_still_owns() -> None:
    env = meadow({"Marine": 2}, 1)
    place(env, (-12, 0), (0, 0), (6, 0))
    assert _look(env) == [[False], [True]]
    place(env, (3, 0), (-12, 0), (6, 0))
    for _ in range(3):
        assert _look(env) == [[False], [False]]
    place(env, (3, 0), (0, 0), (6, 0))
    assert _look(env) == [[False], [True]]


@pytest.mark.usefixtures("backend")
def test_when_the_owner_dies_the_next_who_is_near_owns_at_once_and_later_else() -> None:
    env = meadow({"Marine": 3}, 2)
    place(env, (0, 0), (0, 2), (-12, 0), (5, 0), (5, 2))
    assert _look(env) == [[True, True], [False, False], [False, False]]
    change(env, health={0: 0})
    place(env, (0, 0), (-12, 4), (0, 2), (5, 0), (5, 2))
    assert _look(env) == [[False, False], [False, False], [True, True]]
    change(env, health={2: 0})
    assert _look(env) == [[False, False]] * 3
    place(env, (0, 0), (0, 4), (0, 2), (5, 0), (5, 2))
    assert _look(env) == [[False, False], [True, True], [False, False]]


@pytest.mark.usefixtures("backend")
def test_the_dead_are_owned_by_nobody() -> None:
    env = meadow({"Marine": 2}, 2)
    place(env, (0, 0), (0, 2), (5, 0), (5, 2))
    assert _look(env) == [[True, True], [False, False]]
    change(env, health={2: 0})
    assert _look(env) == [[False, True], [False, False]]
    assert env._spotted is not None
    assert env._spotted.owner.tolist() == [[-1, 0]]
    assert env._spotted.permitted.tolist() == [[[False, True], [False, False]]]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("shared", [0.25, 0.8])
def test_each_other_agent_draws_once(shared: float) -> None:
    episodes, agents = 512, 4
    env = meadow({"Marine": agents}, 2, episodes, shared)
    place(env, (0, 0), (0, 1), (0, 2), (0, 3), (5, 0), (5, 2))
    first = env.step(stay(env)).fields["visible"][:, :, agents:]
    assert bool(first[:, 0].all())
    told = first[:, 1:].double()
    assert abs(told.mean().item() - shared) < 4 * (0.25 / told.numel()) ** 0.5
    pairs = torch.corrcoef(told.reshape(episodes, -1).T).fill_diagonal_(0)
    assert float(pairs.abs().max()) < 5 / episodes**0.5
    for step in range(3):  # refused is refused, in the way and back
        place(env, (0, 0), *([(0, 1), (0, 2), (0, 3)] if step else [(-12, 1), (-12, 2), (-12, 3)]), (5, 0), (5, 2))
        seen = env.step(stay(env)).fields["visible"][:, :, agents:]
    assert torch.equal(seen, first)
    change(env, health={0: 0})
    again = env.step(stay(env)).fields["visible"][:, 1:agents, agents:]
    assert bool(again[:, 0].all())  # the next owner
    known = first[:, 2:] & again[:, 1:]
    assert abs(known.double().mean().item() - shared**2) < 4 * (0.25 / known.numel()) ** 0.5  # anew: independent


@pytest.mark.usefixtures("backend")
def test_who_is_refused_sees_nothing_of_the_enemy() -> None:
    """One battle in which agent 1 is refused what agent 2 may see: features, entities and the state of all."""
    env = meadow({"Marine": 3}, 1, 64, 0.5)
    place(env, (0, 0), (0, 1), (0, 2), (4, 0))
    after = env.step(stay(env)).fields
    seen = after["visible"][:, :, 3]
    row = int((seen == torch.tensor([True, False, True])).all(1).nonzero()[0])
    block = after["observation"][row, :, 4:9]
    assert block.count_nonzero(1).tolist() == [4, 0, 5]  # agent 0 stands at the same height
    assert bool(after["observation"][row, 1, 9:].any())  # allies are not hidden
    assert bool(after["visible"][row, :, :3].all())
    assert bool(after["sight"][row, 3].all())  # enemies see as ever
    assert bool(after["state"][row].view(-1)[3 * 4 : 3 * 4 + 3].any())


def test_shared_with_all_is_what_there_always_was() -> None:
    one, two = make("skirmish/terran_5_vs_5"), make("skirmish/terran_5_vs_5:shared_sight=1,targets=in_reach")
    assert one.schema.version == two.schema.version
    left, right = (env.reset(torch.arange(3), 1) for env in (one, two))
    assert all(torch.equal(left[name], right[name]) for name in left)
    versions = {schema(f"skirmish/terran_5_vs_5{more}").version
                for more in ("", ":shared_sight=0", ":shared_sight=0.5", ":targets=any", f":{OWN}")}
    assert len(versions) == 5
    assert schema(f"skirmish/terran_5_vs_5:{OWN}").sizes == one.schema.sizes


@pytest.mark.usefixtures("backend")
def test_in_a_cone_only_who_is_ahead_is_found_and_orders_beside_it_are_dropped() -> None:
    env = meadow({"Marine": 1}, 2, sight="cone")
    place(env, (0, 0), (4, 0), (0, 4))
    assert _look(env) == [[True, False]]
    attack = PLAIN + 12
    env.step(torch.tensor([[attack + 1]]))  # north of it, and it looks to the east
    assert env.battle.health[0].tolist() == [45, 45, 45]
    assert env.step(torch.tensor([[PLAIN + 3]])).fields["visible"][0, 0].tolist() == [True, False, True]
    env.step(torch.tensor([[attack + 1]]))
    assert float(env.battle.health[0, 2]) < 45


def _legal(available: torch.Tensor, rows: torch.Tensor, step: int) -> torch.Tensor:
    """Random actions, of each episode the same whoever plays beside it."""
    agents = torch.arange(available.shape[1])
    return one_of(available, uniform(key(step, "play"), rows[:, None] * 100 + agents))


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("more", ["shared_sight=0.4,targets=any", "shared_sight=0,sight=cone"])
def test_a_battle_is_the_same_alone_among_others_and_begun_beside_them(more: str) -> None:
    """Episode 5: by itself, as the sixth of eight, and in the second row of three once they have played three steps."""
    alone, many, beside = (make(f"skirmish/terran_5_vs_5:{more}") for _ in range(3))
    row, rows, others = torch.tensor([5]), torch.arange(8), torch.tensor([100, 101, 102])
    shown, among, there = (env.reset(which, 4) for env, which in ((alone, row), (many, rows), (beside, others)))
    for step in range(3):
        there = beside.step(_legal(there["available"], others, step)).fields
    others[1], there = 5, _written(there, 1, beside.restart(torch.tensor([1]), row, 4), alone)
    for step in range(14):
        for name in _varying(alone):
            assert torch.equal(shown[name][0], among[name][5]), (step, name)
            assert torch.equal(shown[name][0], there[name][1]), (step, name)
        shown, among, there = (env.step(_legal(seen["available"], which, step)).fields for env, seen, which in (
            (alone, shown, row), (many, among, rows), (beside, there, others)))


def _varying(env: Environment) -> list[str]:
    return [name for name, field in env.schema.fields.items() if "batch" in field.axes and name in SHOWN]


def _written(fields: Fields, row: int, new: Fields, env: Environment) -> Fields:
    """Fields in which a row is new."""
    return {name: written(fields[name], torch.tensor([row]), new[name][:1]) for name in _varying(env)}


def test_looking_again_changes_nothing() -> None:
    env = packaged("terran_5_vs_5:shared_sight=0.5,targets=any", 4)
    env.step(torch.ones(4, 5, dtype=torch.int64))
    first = env._view.fields(env._snapshot())
    again = env._view.fields(env._snapshot())
    assert all(torch.equal(first[name], x) for name, x in again.items())


def _same(one: Skirmish, two: Skirmish, left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    """Every bit."""
    for name, x in left.items():
        y = right[name]
        assert x.dtype == y.dtype
        assert torch.equal(x, y), (name, (x != y).nonzero()[:5].tolist())
        if x.dtype == torch.float32:
            assert torch.equal(x.contiguous().view(torch.int32), y.contiguous().view(torch.int32)), name
    for field in fields(one.battle):
        assert torch.equal(getattr(one.battle, field.name), getattr(two.battle, field.name)), field.name
    for mine, other in zip(one._spotted or (), two._spotted or (), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.skipif(kernel(torch.device("cpu"), 2) is None, reason="no compiler")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(st.sampled_from(["terran_5_vs_5", "zerg_10_vs_11", "3-8MMM", "protoss_5_vs_5", "corridor", "5m_vs_6m"]),
       st.sampled_from(["", "shared_sight=0", "shared_sight=0.5", "shared_sight=0.9"]),
       st.sampled_from(["", "targets=any"]), st.sampled_from(["", "sight=cone"]), st.integers(0, 999), st.booleans())
def test_compiled_and_torch_are_the_same(
    name: str, shared: str, targets: str, sight: str, seed: int, wild: bool
) -> None:
    """Random actions, legal ones or not; from battles in which both sides met."""
    name = f"{name}:{','.join(filter(None, (shared, targets, sight, 'limit=14')))}"
    one, two = packaged(name, 3, seed), packaged(name, 3, seed)
    two.kernel = None
    _same(one, two, *(env.reset(torch.arange(seed, seed + 3), seed) for env in (one, two)))
    for step in range(16):
        if step < 5:
            after = one.advance(None), two.advance(None)
        else:
            available = after[1].fields["available"]
            able = torch.ones_like(available) if wild else available
            action = _legal(able, torch.arange(3), seed * 100 + step)
            after = one.step(action), two.step(action)
        assert torch.equal(after[0].reward, after[1].reward)
        _same(one, two, after[0].fields, after[1].fields)


@pytest.mark.slow
@pytest.mark.parametrize("name", [f"zerg_5_vs_5:{OWN},limit=12", "terran_5_vs_5:shared_sight=0.5,sight=cone,limit=12"])
def test_conforms(name: str) -> None:
    assert_conforms(f"skirmish/{name}", episodes=4)
