"""Targets out of reach: the other half of SMACv2's extended partial observability."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import make
from compose.envs.starcraft.scenario_model import PLAIN
from tests.envs.skirmish.battles import change, meadow, packaged, place, stay

OWN = "shared_sight=0,targets=any"
EAST, ATTACK = 4, PLAIN


@pytest.mark.usefixtures("backend")
def test_any_living_enemy_may_be_chosen_and_healers_choose_any_ally() -> None:
    env = meadow({"Marine": 2, "Medivac": 2}, 2)
    change(env, health={1: 0, 5: 0})
    available = env.step(stay(env)).fields["available"][0]
    assert available[0, ATTACK:].tolist() == [True, False, *[False] * 4]
    assert available[1].tolist() == [True, *[False] * (ATTACK + 5)]
    assert available[2, ATTACK:].tolist() == [False, False, True, False, False, False]


@pytest.mark.usefixtures("backend")
def test_an_order_out_of_reach_is_dropped_and_the_last_one_goes_on() -> None:
    env = meadow({"Marine": 2}, 2)
    place(env, (0, 0), (0, 8), (5, 0), (12, 8))
    env.step(stay(env, a0=ATTACK, a1=EAST))  # the first shoots, the second walks to (2, 8)
    hurt = float(env.battle.health[0, 2])
    assert hurt < 45
    walked = float(env.battle.position[0, 0, 1])
    assert 1 < walked < 2
    after = env.step(stay(env, a0=ATTACK + 1, a1=ATTACK + 1))  # from (0, 0) 12 and more cells, from (2, 8) 10
    for _ in range(2):
        env.step(stay(env, a0=ATTACK + 1, a1=ATTACK + 1))
    assert float(env.battle.health[0, 2]) < hurt  # still at it
    assert float(env.battle.health[0, 3]) == 45
    assert env.battle.position[:, 0, 1].tolist() == [2, 8]  # walked on, and no farther
    assert after.fields["state"][0, -16:].view(2, 8).argmax(1).tolist() == [ATTACK + 1] * 2  # but that was the action
    env.step(stay(env))
    stopped = float(env.battle.health[0, 2])
    for _ in range(3):
        env.step(stay(env, a0=ATTACK + 1))
    assert float(env.battle.health[0, 2]) == stopped  # its last order was to stop


@pytest.mark.usefixtures("backend")
def test_in_the_first_step_there_is_no_order_to_go_on_with() -> None:
    env = meadow({"Marine": 2}, 1)
    where = env.battle.position.clone()
    env.step(stay(env, a0=ATTACK, a1=ATTACK))
    assert torch.equal(env.battle.position, where)


@pytest.mark.usefixtures("backend")
def test_who_is_in_reach_and_not_seen_can_be_hit() -> None:
    env = meadow({"Marine": 2}, 1)
    place(env, (0, 0), (0, 1), (4, 0))
    assert env.step(stay(env)).fields["visible"][0, :, 2].tolist() == [True, False]
    after = env.step(stay(env, a1=ATTACK))
    assert float(env.battle.health[0, 2]) < 45
    assert after.fields["observation"][0, :, 4].tolist() == [1, 0]  # in reach, for the one who sees


@pytest.mark.usefixtures("backend")
def test_the_first_number_of_an_enemy_tells_who_is_in_reach() -> None:
    env = meadow({"Marine": 1}, 2, shared=0.5)
    place(env, (0, 0), (5, 0), (0, 8))
    fields = env.step(stay(env)).fields
    assert fields["available"][0, 0, ATTACK:].tolist() == [True, True]
    assert fields["observation"][0, 0, [4, 9]].tolist() == [1, 0]
    assert fields["observation"][0, 0, [5, 10]].tolist() == pytest.approx([5 / 9, 8 / 9])


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("script", ["nearest", "weakest", "attack_move"])
def test_scripts_choose_as_if_they_saw_all_and_drop_nothing(script: str) -> None:
    plain, own = (make(f"skirmish/terran_5_vs_5{more}") for more in ("", f":{OWN}"))
    for env in (plain, own):
        env.reset(torch.arange(6), 2)
    for _ in range(25):
        actions = [env.scripts[script]() for env in (plain, own)]
        assert torch.equal(*actions)
        one, two = plain.step(actions[0]), own.step(actions[1])
        assert torch.equal(one.reward, two.reward)
        assert torch.equal(one.fields["state"], two.fields["state"])


def test_in_a_cone_scripts_turn_to_whom_they_choose_before_they_attack() -> None:
    env = packaged("terran_5_vs_5:sight=cone,targets=any", 4)
    attack, attacks = PLAIN + 12, 0
    for _ in range(25):
        action = env.scripts["nearest"]()
        assert not env._view.entity.dropped(env._snapshot(), action).any()
        attacks += int((action >= attack).sum())
        env.step(action)
    assert attacks
