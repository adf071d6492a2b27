"""Sight in a cone: who is seen, who can be chosen, turning."""

from __future__ import annotations

import math

import pytest
import torch

from compose.envs.catalogue import make, schema
from compose.envs.conformance import assert_conforms
from compose.envs.skirmish.environment import Skirmish
from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.task import Squad, Task
from compose.language.diagnostics import SpecError
from tests.envs.skirmish.battles import begun, place

TURN, ATTACK = PLAIN, PLAIN + 12


def _duel(*angles: float, distance: float = 4) -> Skirmish:
    """A Marine in the centre, and others around it at these angles, in degrees."""
    squads = [Squad(unit="Marine", count=1, at=(16, 16))], [Squad(unit="Marine", count=len(angles), at=(25, 16))]
    scenario = Scenario(name="duel", summary="", limit=50, tasks=(Task.of(*squads),), goal="hold", sight="cone")
    env = begun(scenario, 1, opponent="passive")
    there = [(distance * math.cos(math.radians(a)), distance * math.sin(math.radians(a))) for a in angles]
    place(env, (0, 0), *there)
    return env


def _fields(env: Skirmish) -> dict[str, torch.Tensor]:
    return env._view.fields(env._snapshot())


@pytest.mark.parametrize("direction", range(12))
def test_those_within_15_degrees_are_seen_and_can_be_chosen(direction: int) -> None:
    middle = 30 * direction
    env = _duel(*(middle + a for a in (0, -14.5, 14.5, -15.5, 15.5, 90, 180)))
    fields = env.step(torch.tensor([[TURN + direction]])).fields
    expected = [True, True, True, False, False, False, False]
    assert fields["visible"][0, 0].tolist() == [True, *expected]
    assert fields["available"][0, 0, ATTACK:].tolist() == expected
    assert fields["available"][0, 0, :ATTACK].tolist() == [False, *[True] * (ATTACK - 1)]
    look = fields["entities"][0, 0, -2:]
    torch.testing.assert_close(look, torch.tensor([math.cos(math.radians(middle)), math.sin(math.radians(middle))]))
    assert not fields["entities"][0, 1:, -2:].any()


def test_every_direction_is_in_one_cone() -> None:
    seen = torch.zeros(24)
    for direction in range(12):
        env = _duel(*(15 * k + 7 for k in range(24)))
        seen += env.step(torch.tensor([[TURN + direction]])).fields["visible"][0, 0, 1:]
    assert seen.tolist() == [1] * 24


def test_turning_takes_the_step_and_nothing_else_turns() -> None:
    env = _duel(0, 90)
    assert env.step(torch.tensor([[ATTACK]])).fields["available"][0, 0, ATTACK:].tolist() == [True, False]
    hurt = env.battle.health.clone()
    assert float(hurt[0, 1]) < 45
    where = env.battle.position.clone()
    env.step(torch.tensor([[TURN + 3]]))  # its weapon is loaded by then; the order to turn is no order to shoot
    env.step(torch.tensor([[TURN + 3]]))
    assert torch.equal(env.battle.health, hurt)
    assert torch.equal(env.battle.position, where)
    after = env.step(torch.tensor([[2]])).fields  # walks north
    assert after["available"][0, 0, ATTACK:].tolist() == [False, True]
    assert int(env.facing) == 3


def test_range_limits_the_cone() -> None:
    assert _fields(_duel(0, distance=9))["visible"][0, 0].tolist() == [True, True]
    assert _fields(_duel(0, distance=9.01))["visible"][0, 0].tolist() == [True, False]
    assert _fields(_duel(0, distance=6.01))["available"][0, 0, ATTACK:].tolist() == [False]


def test_who_is_over_looks_nowhere_else_and_the_dead_look_nowhere() -> None:
    env = make("skirmish/3m:sight=cone,limit=2")
    env.reset(torch.arange(2), 0)
    for _ in range(2):
        fields = env.step(torch.full((2, 3), TURN + 4)).fields
    again = env.step(torch.full((2, 3), TURN + 7)).fields
    assert all(torch.equal(again[name], field) for name, field in fields.items())


def test_scripts_turn_to_whom_they_choose() -> None:
    env = make("skirmish/terran_5_vs_5:sight=cone")
    env.reset(torch.arange(4), 0)
    assert isinstance(env, Skirmish)
    turned = shot = False
    for _ in range(20):
        action = env.scripts["nearest"]()
        turned |= bool(((action >= TURN) & (action < ATTACK)).any())
        shot |= bool((action >= ATTACK).any())
        assert bool(env._view.entity.available(env._snapshot()).gather(2, action[..., None]).all())
        env.step(action)
    assert turned
    assert shot


def test_the_option_changes_what_is_offered_and_what_fits() -> None:
    plain, cone = schema("skirmish/3m"), schema("skirmish/3m:sight=cone")
    assert cone.version != plain.version == schema("skirmish/3m:sight=round").version
    assert cone.sizes["action"] == plain.sizes["action"] + 12
    assert schema("skirmish/3m:sight=cone,like=5m_vs_6m").sizes["action"] == 6 + 12 + 6


def test_like_a_scenario_of_other_sight(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # type: ignore[arg-type]
    with open("c.yaml", "w", encoding="utf-8") as file:
        file.write("scenario: c\nlimit: 9\nat: random\nsight: cone\nboth: {Marine: 3}\nlike: 3m\n")
    with pytest.raises(SpecError, match="sight is round in 3m, and cone here"):
        schema("c.yaml")


@pytest.mark.slow
def test_conforms() -> None:
    assert_conforms("skirmish/terran_5_vs_5:limit=12,sight=cone", episodes=4)
