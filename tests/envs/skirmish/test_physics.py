"""One unit and one rule at a time: walking, shooting, shields, healing, splash."""

from itertools import pairwise

import pytest
import torch

from compose.envs.skirmish.environment import Skirmish
from compose.envs.starcraft.units import UNITS
from tests.envs.skirmish.battles import battle, change, order, place, still

NORTH, SOUTH, EAST, WEST = range(4)
SPEEDS = {"Marine": 1.125, "Marauder": 1.125, "Medivac": 1.25, "Stalker": 1.4765625, "Zealot": 1.125,
          "Colossus": 1.125, "Hydralisk": 1.125, "Zergling": 1.4765625, "Baneling": 1.25}  # fmt: skip
DAMAGE = {("Marine", "Marine"): 6, ("Marine", "Marauder"): 5, ("Marauder", "Marauder"): 19, ("Marauder", "Marine"): 10,
          ("Stalker", "Stalker"): 17, ("Zealot", "Zealot"): 14, ("Zealot", "Medivac"): 0, ("Marauder", "Medivac"): 0,
          ("Stalker", "Medivac"): 17, ("Colossus", "Zealot"): 28, ("Colossus", "Colossus"): 18,
          ("Colossus", "Medivac"): 0, ("Hydralisk", "Medivac"): 11, ("Hydralisk", "Zealot"): 11,
          ("Zergling", "Zealot"): 4, ("Zergling", "Colossus"): 4, ("SpineCrawler", "Stalker"): 29,
          ("Baneling", "Marine"): 35, ("Baneling", "SpineCrawler"): 78, ("Medivac", "Marine"): 0}  # fmt: skip


def test_a_step_is_as_long_as_the_unit_is_fast() -> None:
    for kind, length in SPEEDS.items():
        env = battle([(kind, 1, (16, 16)), ("Zealot", 1, (2, 2))], [("Zealot", 1, (30, 30))])
        for way, (x, y) in enumerate(((0, length), (0, -length), (length, 0), (-length, 0))):
            before = env.battle.position[:, 0, 0]
            env.advance(order(env, move=way))
            assert (env.battle.position[:, 0, 0] - before).tolist() == [x, y]


def test_nobody_leaves_the_map_or_enters_walls() -> None:
    env = battle([("Stalker", 1, (31, 31))], [("Zealot", 1, (1, 1))])
    for _ in range(5):
        env.advance(order(env, move=EAST))
    assert 15.99 <= env.battle.position[0, 0, 0] < 16


@pytest.mark.parametrize(("shooter", "target"), DAMAGE)
def test_damage_of_a_volley_on_health(shooter: str, target: str) -> None:
    """One enemy stands in front of one ally, without shields; whoever cannot hit does nothing at all."""
    bystander = ("Marine", 1, (2.0, 2.0))
    env = battle([(shooter, 1, (16, 16)), bystander], [(target, 1, (16.9, 16)), bystander], opponent="passive")
    change(env, shield={2: 0})
    env.advance(order(env, target=2))
    lost = UNITS[target].health - env.battle.health[0, 2]
    gained = UNITS[target].regenerates / 16 * 8
    assert DAMAGE[shooter, target] - gained <= lost <= DAMAGE[shooter, target]


def test_a_marine_needs_eight_volleys_and_reloads_in_between() -> None:
    """45 health, 6 damage. A volley every 13.77 loops, later by -1 to 2, and then the next whole loop."""
    env = battle([("Marine", 1, (14, 16))], [("Marine", 1, (18, 16))], episodes=200, opponent="passive")
    steps = 0
    while bool((env.battle.health[:, 1] > 0).any()):
        env.advance(order(env, target=1))
        steps += 1
        assert bool((env.battle.health[:, 1] % 3 == 0).all())
    assert 7 * 13 <= 8 * steps <= 7 * 16 + 8


def test_shields_return_after_ten_seconds_of_calm() -> None:
    env = battle([("Marine", 1, (14, 16))], [("Stalker", 1, (18, 16))], jitter=False, opponent="passive")
    env.advance(order(env, target=1))
    shields = [float(env.battle.shield[0, 1])]
    assert shields == [74]
    for _ in range(25):
        env.advance(still(env))
        shields.append(float(env.battle.shield[0, 1]))
    gains = [after - before for before, after in pairwise(shields)]
    first = next(i for i, gain in enumerate(gains) if gain > 0)
    assert first == 19  # hit in the first loop; 160 loops later is the first of step 20
    assert set(gains[:first]) == {0}
    assert set(gains[first + 1 : first + 5]) == {1.0}


@pytest.mark.parametrize("medivacs", [1, 2])
def test_healing_is_four_and_a_half_a_step_however_many_heal(medivacs: int) -> None:
    env = battle([("Marine", 1, (16, 16)), ("Medivac", medivacs, (16, 18))], [("Zealot", 1, (30, 30))])
    change(env, health={0: 20})
    env.advance(order(env, target=0))
    assert env.battle.health[0, 0] == 24.5
    paid = 50 - env.battle.energy[0, 1 : 1 + medivacs]
    assert paid.tolist() == [1.5 - 0.28125] * medivacs


def test_healing_ends_with_the_energy_and_with_the_wounds() -> None:
    env = battle([("Marauder", 1, (16, 16)), ("Medivac", 1, (16, 18))], [("Zealot", 1, (30, 30))], limit=400)
    for _ in range(60):
        change(env, health={0: 1})
        env.advance(order(env, target=0))
        assert env.battle.energy.min() >= 0
    assert env.battle.energy[0, 1] < 5
    change(env, health={0: 124}, energy={1: 50})
    env.advance(order(env, target=0))
    assert env.battle.health[0, 0] == 125
    full = float(env.battle.energy[0, 1])
    env.advance(order(env, target=0))
    assert env.battle.energy[0, 1] == full + 0.28125


def _hurt(env: Skirmish) -> list[bool]:
    full = env.forces.max_health + env.forces.max_shield
    return (env.battle.health + env.battle.shield < full)[0, env.forces.allies :].tolist()


def test_a_colossus_burns_a_box_across_the_line_of_fire() -> None:
    """Half length 1.4 and half width 0.15 around the target, against circles of radius 0.5; nothing in the air."""
    env = battle([("Colossus", 1, (16, 16))], [("Zealot", 5, (20, 16)), ("Medivac", 1, (20, 16))], opponent="passive")
    # the target; beside it within 1.4 + 0.5; too far beside; behind it within 0.15 + 0.5; too far behind; in the air
    place(env, (0, 0), (5, 0), (5, 1.875), (5, -1.9375), (5.625, -0.5), (5.6875, 1.0), (5, 0))
    _freeze(env)
    env.advance(order(env, target=1))
    assert _hurt(env) == [True, True, False, True, False, False]


def test_a_baneling_bursts_once_and_touches_all_around_it() -> None:
    env = battle([("Baneling", 1, (16, 16))], [("Zealot", 4, (20, 16))], opponent="passive")
    place(env, (0, 0), (1, 0), (-2.6875, 0), (0, 2.75), (0, -2.5))
    _freeze(env)
    env.advance(order(env, target=1))
    assert _hurt(env) == [True, True, False, True]
    assert env.battle.health[0, 0] == 0
    assert env.battle.shield[0, 1] == 15  # 20 and 15 more for light units, none of it twice


def test_a_baneling_that_is_killed_bursts_too() -> None:
    env = battle([("Marine", 6, (12, 16))], [("Baneling", 1, (13, 16))], opponent="passive", jitter=False)
    place(env, *[(-2.0, 0.8 * i) for i in range(5)], (0.5, 0), (1, 0))
    _freeze(env)
    env.advance(order(env, target=6))
    assert env.battle.health[0, 6] == 0
    assert (env.battle.health[0, :6] < 45).tolist() == [False, False, False, False, False, True]


def _freeze(env: Skirmish) -> None:
    """Nobody moves or is pushed."""
    env.forces.speed = torch.zeros_like(env.forces.speed)
    env.forces.share = torch.zeros_like(env.forces.share)


def test_colossi_walk_over_others_and_medivacs_fly_over_all() -> None:
    for kind, free in (("Colossus", True), ("Medivac", True), ("Stalker", False)):
        env = battle([(kind, 1, (16, 16)), ("Zealot", 1, (17, 16))], [("Zealot", 1, (30, 30))])
        place(env, (0, 0), (0.5, 0), (14, 14))
        env.advance(still(env))
        assert (env.battle.position[:, 0, 1].tolist() == [0.5, 0]) is free


def test_an_order_holds_for_the_step_and_walks_to_its_target() -> None:
    """A marine attacks at 6 cells, which is beyond its weapon's 5.75: it walks until it can fire."""
    env = battle([("Marine", 1, (13, 16))], [("Marine", 1, (19, 16))], opponent="passive")
    place(env, (-3, 0), (3, 0))
    env.advance(order(env, target=1))
    gap = float(env.battle.position[0, 0, 1] - env.battle.position[0, 0, 0])
    assert 5.7 < gap <= 5.75
    assert env.battle.health[0, 1] == 39
