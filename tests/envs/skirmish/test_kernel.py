"""Compiled battles and those in torch: the same to the last bit, everywhere, and so is what agents see of them."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compose.envs.catalogue import make
from compose.envs.interface import Fields, Transition
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.native import kernel as native
from compose.envs.starcraft.scenario import SCENARIOS
from compose.envs.starcraft.units import UNITS
from compose.kernels.random import key, one_of, uniform
from tests.envs.skirmish.battles import Army, battle, change, packaged
from tests.marked import first

KERNEL = native.kernel(torch.device("cpu"), 2)
SHOWN = ("3-8MMM", "corridor", "zerg_5_vs_5", "1c3s5z")
"""Healing, walls and paths, explosions, drawn teams and cones, shields, lines of fire and cliffs."""

pytestmark = pytest.mark.skipif(KERNEL is None, reason="no compiler")


def _same(one: Skirmish, two: Skirmish, after: tuple[Transition, Transition] | None = None) -> None:
    for field in fields(one.battle):
        x, y = getattr(one.battle, field.name), getattr(two.battle, field.name)
        assert torch.equal(x, y), (field.name, (x != y).nonzero()[:5].tolist())
        assert x.dtype == y.dtype
    assert one.battle.position.stride() == two.battle.position.stride()  # views round as it says
    if after is not None:
        for name in ("reward", "terminated", "truncated", "success"):
            _equal(getattr(after[0], name), getattr(after[1], name), name)
        _seen(after[0].fields, after[1].fields)


def _seen(left: Fields, right: Fields) -> None:
    assert left.keys() == right.keys()
    for name, x in left.items():
        _equal(x, right[name], name)


def _equal(x: torch.Tensor, y: torch.Tensor, name: str) -> None:
    """Every bit: -0.0 is not 0.0."""
    assert x.dtype == y.dtype
    assert torch.equal(x, y), (name, (x != y).nonzero()[:5].tolist())
    if x.dtype == torch.float32:
        assert torch.equal(x.contiguous().view(torch.int32), y.contiguous().view(torch.int32)), name


def _legal(env: Skirmish, available: torch.Tensor, step: int) -> torch.Tensor:
    counters = torch.arange(available[..., 0].numel()).reshape(available.shape[:2])
    return one_of(available, uniform(key(step, "play"), counters))


def _both(name: str, episodes: int, steps: int, scripted: bool) -> None:
    """Play the same twice; ``scripted``: both sides attack-move, so that everybody meets."""
    one, two = packaged(name, episodes, 3), packaged(name, episodes, 3)
    assert one.kernel is not None
    two.kernel = None
    first = [env.reset(torch.arange(episodes), 3) for env in (one, two)]
    _seen(*first)
    available = first[1]["available"]
    for step in range(steps):
        action = _legal(two, available, step)
        after = (one.advance(None), two.advance(None)) if scripted else (one.step(action), two.step(action))
        available = after[1].fields["available"]
        _same(one, two, after)


@pytest.mark.parametrize("name", first(SHOWN, tuple(SCENARIOS)))
def test_battles_are_the_same_to_the_last_bit(name: str) -> None:
    _both(name, 2, 16 if name in SHOWN else 40, scripted=True)
    _both(name, 2, 4, scripted=False)


@pytest.mark.parametrize("options", [
    "difficulty=very_hard", "difficulty=easy,opponent=hold", "opponent=nearest", "opponent=random", "opponent=passive",
    "reward=task", "sight=cone"])
def test_under_every_option(options: str) -> None:
    _both(f"3-8MMM:{options}", 3, 12, scripted=False)


@pytest.mark.parametrize("name", ["MMM:sight=cone", "3s5z:tags=random", "terran_5_vs_5:opponent=weakest"])
def test_flat_vectors_too(name: str) -> None:
    """Healers, tags that are shuffled, drawn places; in cones."""
    _both(name, 3, 6, scripted=False)
    _both(name, 1, 12, scripted=True)


@pytest.mark.parametrize("wanted", [(), ("visible",), ("entities",), ("position", "state"), ("observation",)])
def test_only_what_is_wanted_is_computed(wanted: tuple[str, ...]) -> None:
    one, two, every = (packaged("2s3z", 3) for _ in range(3))
    two.kernel = None
    for env in (one, two):
        env.wanted = wanted
    whole = [every.reset(torch.arange(3), 5), every.advance(None).fields]
    for shown in ([env.reset(torch.arange(3), 5), env.advance(None).fields] for env in (one, two)):
        for some, full in zip(shown, whole, strict=True):
            assert {*wanted} <= {*some}
            _seen(some, {name: full[name] for name in some})
    assert {*one.advance(None).fields} == {*two.advance(None).fields}


def test_what_was_given_out_stays() -> None:
    env = packaged("3s_vs_5z", 4)
    given: list[Transition] = [env.advance(None) for _ in range(3)]
    battles = [env.battle]
    then = [{name: x.clone() for name, x in after.fields.items()} for after in given]
    health, rewards = env.battle.health.clone(), [after.reward.clone() for after in given]
    for _ in range(12):
        env.advance(None)
        battles.append(env.battle)
    env.reset(torch.arange(4), 9)
    for after, shown, reward in zip(given, then, rewards, strict=True):
        _seen(after.fields, shown)
        assert torch.equal(after.reward, reward)
    assert torch.equal(battles[0].health, health)
    assert not torch.equal(battles[-1].health, health)


@pytest.mark.parametrize("wrong", [-1, 9, 1 << 40])
def test_an_action_that_is_none_changes_nothing(wrong: int) -> None:
    one, two = packaged("3m", 2), packaged("3m", 2)
    two.kernel = None
    action = torch.ones(2, 3, dtype=torch.int64)
    for env in (one, two):
        with pytest.raises(IndexError):
            env.step(action.where(torch.tensor([True, True, False]), wrong))
    for bad in (action[:1], action[:, :2], action.float()):
        with pytest.raises((ValueError, TypeError)):
            one.step(bad)
    _same(one, two, (one.step(action), two.step(action)))


@pytest.mark.parametrize("options", ["", ":shared_sight=0.5,targets=any"])
def test_kernel_and_torch_may_take_turns(options: str) -> None:
    """Whatever is set between steps counts."""
    one, two = packaged(f"3-8MMM{options}", 3), packaged(f"3-8MMM{options}", 3)
    kernel, two.kernel = one.kernel, None
    for step in range(8):
        one.kernel = kernel if step % 2 else None
        one.watch = None if step % 4 else lambda before, aimed, after: None
        if step == 5:
            change(one, health={0: 3}), change(two, health={0: 3})
        _same(one, two, (one.advance(None), two.advance(None)))
    one.kernel = None
    for env in (one, two):
        env.reset(torch.arange(3, 6), 8)
    one.kernel = kernel
    for _ in range(3):
        _same(one, two, (one.advance(None), two.advance(None)))


def test_battles_that_have_ended_stay() -> None:
    _both("3m:limit=40", 6, 42, scripted=True)


@pytest.mark.slow
def test_it_is_the_same_alone_and_among_others() -> None:
    many, alone = packaged("3-8csz", 5), packaged("3-8csz", 1)
    alone.reset(torch.tensor([3]), 0)
    for _ in range(15):
        many.advance(None), alone.advance(None)
        for field in fields(many.battle):
            x, y = getattr(many.battle, field.name), getattr(alone.battle, field.name)
            assert field.name == "calm" or torch.equal(x.select(-2, 3), y.select(-2, 0)), field.name


POINTS = st.tuples(st.floats(8, 24), st.floats(8, 24))
ARMIES = st.lists(st.tuples(st.sampled_from(list(UNITS)), st.integers(1, 4), POINTS), min_size=1, max_size=3)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ARMIES, ARMIES, st.integers(0, 99), st.sampled_from(["easy", "normal", "very_hard"]), st.data())
def test_any_armies_anywhere(allies: Army, enemies: Army, seed: int, difficulty: str, data: st.DataObject) -> None:
    """Crowds that begin upon one another, wounded, tired and half loaded."""
    fighter = [("Marine", 1, (15.0, 15.0))]
    one, two = (battle(fighter + allies, fighter + enemies, episodes=2, seed=seed, goal="chase", difficulty=difficulty)
                for _ in range(2))
    two.kernel = None
    slots = st.integers(0, one.forces.units - 1)
    told = data.draw(st.dictionaries(st.sampled_from(["health", "shield", "energy", "cooldown", "calm"]),
                                     st.dictionaries(slots, st.integers(0, 200), max_size=4)))
    for env in (one, two):
        change(env, **{name: {slot: min(x, 45) for slot, x in values.items()} for name, values in told.items()})
    for _ in range(6):
        _same(one, two, (one.advance(None), two.advance(None)))


def test_who_watches_sees_every_loop() -> None:
    one, two = packaged("2s3z", 2), packaged("2s3z", 2)
    seen: list[object] = []
    one.watch = lambda before, aimed, after: seen.append(after)
    _same(one, two, (one.advance(None), two.advance(None)))
    assert len(seen) == 8


def test_more_units_than_it_has_room_for_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert native.kernel(torch.device("cpu"), 129) is None
    monkeypatch.setenv("COMPOSE_KERNEL", "off")
    env = make("skirmish/3m")
    assert isinstance(env, Skirmish)
    assert env.kernel is None
