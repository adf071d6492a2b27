"""The scripts as policies of the agents: the same orders, by way of actions that are available."""

from __future__ import annotations

import pytest
import torch

from compose.envs.skirmish import scripts
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.players import STOP, encode
from compose.envs.skirmish.scripts import Orders
from tests.envs.skirmish.battles import battle, packaged, scripted, still

NAMES = ["attack_move", "nearest", "weakest", "any_target"]
SCENARIOS = ["3m", "3-8MMM", "corridor", "2c_vs_64zg", "so_many_baneling"]


def available(env: Skirmish) -> torch.Tensor:
    return env._view.entity.available(env._snapshot())


def test_the_names() -> None:
    assert list(packaged("3m", 1).scripts) == NAMES


@pytest.mark.parametrize(("name", "script"), [
    *(("3-8MMM", script) for script in NAMES),
    *(pytest.param(name, "nearest", marks=pytest.mark.more) for name in SCENARIOS if name != "3-8MMM")])
def test_actions_are_available(name: str, script: str) -> None:
    env = packaged(name, 8)
    for _ in range(15):
        action = env.scripts[script]()
        assert action.shape == (8, env.schema.agents)
        assert available(env).gather(2, action[..., None]).all()
        env.step(action)


@pytest.mark.parametrize("name", ["3m", "3-8MMM"])
def test_actions_and_orders_translate_both_ways(name: str) -> None:
    env = packaged(name, 32)
    for _ in range(15):
        now, allowed = env._snapshot(), available(env)
        for index in range(allowed.shape[2]):
            action = torch.where(allowed[..., index], index, allowed.to(torch.uint8).argmax(2))
            move, target = env._view.entity.decode(now, action)
            own = env.forces.slot[: env.schema.agents]
            given = Orders(move, torch.where(target < 0, own, target))
            assert torch.equal(encode(given, now, allowed, env.scenario), action)
        env.step(env.scripts["nearest"]())


@pytest.mark.parametrize("name", ["nearest", "weakest"])
def test_the_same_battle_as_by_orders(name: str) -> None:
    acting, ordered = packaged("8m", 8), packaged("8m", 8)
    by_orders = scripted(getattr(scripts, name))
    for _ in range(30):
        acting.step(acting.scripts[name]())
        ordered.advance(by_orders(ordered))
        assert torch.equal(acting.battle.health, ordered.battle.health)
        assert torch.equal(acting.battle.position, ordered.battle.position)
    assert not ordered.battle.alive.all()


def test_what_is_not_available_becomes_stop() -> None:
    env = battle([("Marine", 2, (1, 16))], [("Marine", 1, (30, 16))])
    nobody = still(env)
    for orders in (Orders(torch.full_like(nobody.move, 3), nobody.target),  # west, into the wall
                   Orders(nobody.move, torch.full_like(nobody.target, 2)),  # an enemy far away
                   Orders(nobody.move, nobody.target.flip(1))):  # nobody heals here
        for _ in range(3):
            action = encode(orders, env._snapshot(), available(env), env.scenario)
            env.step(action)
        assert (action == STOP).all()


def test_attack_moving_agents_cross_the_map() -> None:
    """They meet enemies who stand, walk into range and fight."""
    env = battle([("Marine", 3, (6, 16))], [("Zealot", 1, (26, 16))], goal="hold", opponent="passive")
    for _ in range(60):
        env.step(env.scripts["attack_move"]())
    assert not env.battle.alive[:, 3:].any()
