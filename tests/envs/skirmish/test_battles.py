"""Whole battles: rewards, ends, crowds, walls; and that the rules do not change unnoticed."""

import json
from pathlib import Path

import pytest
import torch

from compose.envs import catalogue
from compose.envs.conformance import assert_conforms
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.scripts import Orders
from compose.envs.starcraft.scenario import SCENARIOS
from compose.kernels.random import integers, key
from tests.envs.skirmish.battles import battle, change, order, packaged, still
from tests.marked import first

TRACES = Path(__file__).with_name("traces.json")
GROUNDS = ("corridor", "MMM", "6h_vs_8z", "2c_vs_64zg", "so_many_baneling", "1c3s5z")
TRACED = ("3m", "3-8MMM", "3-8csz", "corridor", "bane_vs_bane", "2c_vs_64zg", "6h_vs_8z")


def _returns(env: Skirmish) -> torch.Tensor:
    total = torch.zeros(len(env.task))
    while bool(env._running.any()):
        total += env.advance(None).reward
    return total


def test_a_win_returns_twenty_if_nobody_regenerates() -> None:
    for name in ("3m", "8m", "MMM"):
        env = packaged(f"{name}:opponent=passive,limit=400", 4)
        if name != "MMM":  # there, enemy Medivacs may live on
            assert torch.allclose(_returns(env), torch.full((4,), 20.0))
        else:
            assert bool((_returns(env) <= 20.0001).all())


def test_rewards_of_a_set_are_scaled_by_its_largest_task_or_by_each() -> None:
    by_set = packaged("3-8sz:task=3Zea,opponent=passive", 4)
    by_task = packaged("3-8sz:task=3Zea,opponent=passive,reward=task", 4)
    assert torch.allclose(_returns(by_set), torch.full((4,), 20 * 680 / 1550))
    assert torch.allclose(_returns(by_task), torch.full((4,), 20.0))


def test_the_limit_is_a_true_end_and_no_win() -> None:
    env = packaged("3m:opponent=passive,limit=5", 3)
    for step in range(5):
        after = env.advance(still(env))
        assert after.terminated.tolist() == [step == 4] * 3
        assert not after.truncated.any()
        assert not after.success.any()


@pytest.mark.parametrize(("allies", "enemies", "won", "over"), [
    ([30, 0], [0, 150], True, True), ([0, 150], [30, 0], False, True), ([0, 150], [0, 150], False, True),
    ([0, 0], [0, 0], False, True), ([30, 0], [30, 0], False, False),
])  # fmt: skip
def test_healers_alone_have_lost(allies: list[float], enemies: list[float], won: bool, over: bool) -> None:
    army = [("Marine", 1, (3.0, 3.0)), ("Medivac", 1, (3.0, 6.0))]
    there = [(kind, count, (28.0, y)) for kind, count, (_, y) in army]
    env = battle(army, there, opponent="passive")
    change(env, health=dict(enumerate([*allies, *enemies])))
    after = env.advance(still(env))
    assert (bool(after.success), bool(after.terminated)) == (won, over)
    assert float(after.reward) == pytest.approx(20 * 200 / 415 if won else 0)


def test_reward_counts_what_enemies_get_back() -> None:
    """SMAC takes the absolute value: a shield that returns is rewarded."""
    env = battle([("Marine", 1, (3, 3))], [("Stalker", 1, (28, 28))], opponent="passive")
    change(env, shield={1: 40}, calm={1: 200})
    assert float(env.advance(still(env)).reward) == pytest.approx(20 * 1.0 / 370)


def test_crowds_hardly_overlap() -> None:
    env = packaged("3-8sz:task=3Sta-5Zea", 128)
    worst, touching = 0.0, []
    for _ in range(30):
        env.advance(None)
        place, alive = env.battle.position, env.battle.alive
        distance = (place[..., None] - place[:, :, None]).square().sum(0).sqrt()
        pairs = alive[:, None] & alive[..., None] & (env.forces.clearance > 0)
        overlap = (env.forces.clearance - distance)[pairs]
        worst = max(worst, float(overlap.max()))
        touching.append(overlap[overlap > 0].mean())
    assert worst < 0.15
    assert float(torch.stack(touching).nanmean()) < 0.03


@pytest.mark.parametrize("name", first(GROUNDS[:2], GROUNDS))
def test_random_walkers_stay_on_their_ground(name: str) -> None:
    env = packaged(name, 16)
    for step in range(25):
        idle = still(env)
        counters = step * 1000 + torch.arange(idle.move.numel()).reshape(idle.move.shape)
        env.advance(Orders(integers(key(0, "walk"), counters, 5) - 1, idle.target))
        assert bool(env.ground.walkable(env.battle.position, env.forces.gait)[env.forces.present].all())


def test_zerglings_walk_around_the_cliff() -> None:
    """The colossi stand on high ground in the middle; the straight way up is a cliff."""
    env = packaged("2c_vs_64zg", 2)
    for _ in range(60):
        env.advance(still(env))
    assert bool((env.battle.health[:, :2] < 200).any())


def test_an_agent_whose_target_died_stands_until_the_next_step() -> None:
    env = battle([("Marine", 1, (14, 16))], [("Marine", 2, (18, 16))], opponent="passive")
    change(env, health={1: 3})
    env.advance(order(env, target=1))
    assert env.battle.health[0].tolist() == [45, 0, 45]
    assert float(env.battle.cooldown[0, 0]) > 0


def test_options_choose_a_task_or_the_slots_of_another_scenario() -> None:
    unseen, trained = catalogue.schema("skirmish/8m_vs_9m:like=medium_mt"), catalogue.schema("skirmish/medium_mt")
    assert (unseen.agents, unseen.entities, unseen.sizes["action"]) == (trained.agents, trained.entities, 17)
    assert [feature.size for feature in unseen.features] == [feature.size for feature in trained.features]
    one = packaged("3-8sz:task=3Sta-5Zea", 8)
    assert one.schema.tasks == ("3Sta-5Zea",)
    assert one.forces.present.tolist() == [[True] * 16] * 8


@pytest.mark.more
def test_every_scenario_can_be_fought() -> None:
    for name in SCENARIOS:
        env = packaged(name, 2)
        env.advance(None)
        assert bool((env.ground.walkable(env.battle.position, env.forces.gait) | ~env.forces.present).all()), name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "episodes"), [
    ("3-8MMM:limit=12", 4), pytest.param("3m:limit=30", 8, marks=pytest.mark.more),
    pytest.param("corridor:limit=12", 4, marks=pytest.mark.more)])
def test_battles_keep_the_promises_of_environments(name: str, episodes: int) -> None:
    assert_conforms(f"skirmish/{name}", episodes=episodes)


def test_versions_change_with_whatever_changes_battles() -> None:
    versions = {catalogue.schema(f"skirmish/3-8sz{options}").version
                for options in ("", ":limit=100", ":difficulty=hard", ":reward=task", ":task=3Zea")}
    assert len(versions) == 5
    assert all(versions)


def _trace(name: str) -> list[float]:
    """Health, places and cooldowns after twelve steps of attack-move, rounded."""
    env = packaged(name, 3, seed=5)
    for _ in range(12):
        env.advance(None)
    state = env.battle
    parts = (state.health.sum(1), state.shield.sum(1), state.energy.sum(1), state.cooldown.sum(1),
             state.position.where(state.alive, 0).abs().sum((0, 2)))  # fmt: skip
    return [round(x, 2) for x in torch.cat(parts).tolist()]


@pytest.mark.parametrize("name", TRACED)
def test_the_rules_are_those_of_their_version(name: str) -> None:
    """If this fails on purpose, raise PHYSICS and write the traces anew: python -m tests.envs.skirmish.test_battles."""
    assert _trace(name) == pytest.approx(json.loads(TRACES.read_text())[name], abs=0.05)


if __name__ == "__main__":
    TRACES.write_text(json.dumps({name: _trace(name) for name in TRACED}, indent=1) + "\n")
