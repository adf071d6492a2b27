"""The compiled game loops and those in torch: battles the same to the last bit, everywhere."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compose.envs.catalogue import make
from compose.envs.interface import Transition
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
    if after is not None:
        for name in ("reward", "terminated", "truncated", "success"):
            assert torch.equal(getattr(after[0], name), getattr(after[1], name)), name
        left, right = after[0].fields, after[1].fields
        assert left.keys() == right.keys()
        for name, x in left.items():
            assert torch.equal(x, right[name]), name
            assert x.dtype == right[name].dtype


def _legal(env: Skirmish, available: torch.Tensor, step: int) -> torch.Tensor:
    counters = torch.arange(available[..., 0].numel()).reshape(available.shape[:2])
    return one_of(available, uniform(key(step, "play"), counters))


def _both(name: str, episodes: int, steps: int, scripted: bool) -> None:
    """Play the same twice; ``scripted``: both sides attack-move, so that everybody meets."""
    one, two = packaged(name, episodes, 3), packaged(name, episodes, 3)
    assert one.kernel is not None
    two.kernel = None
    available = two.reset(torch.arange(episodes), 3)["available"]
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
