"""What wins: numbers, focus, kiting, healing; and that mirrored armies are even."""


import pytest
import torch
from torch import Tensor

from compose.envs.skirmish import scripts
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.scripts import DIRECTIONS, Orders
from compose.envs.starcraft.scenario_model import Ring, Scenario
from compose.envs.starcraft.task import Squad, Task
from tests.envs.skirmish.battles import Army, attack_move, battle, begun, packaged, place, play, scripted
from tests.marked import first

MIRRORS = {"3-8m_symmetric:task=3Mar": 26, "3-8m_symmetric:task=8Mar": 31, "3-8sz:task=2Sta-3Zea": 59,
           "3-8sz:task=3Sta-5Zea": 68, "5-11MMM:task=7Mar-1Mau": None}  # fmt: skip


MORE = ("3-8m_symmetric:task=8Mar", "3-8sz:task=2Sta-3Zea", "3-8sz:task=3Sta-5Zea", "5-11MMM:task=7Mar-1Mau")
"""Larger ones of the same kinds."""


@pytest.mark.slow
@pytest.mark.parametrize("name", first(MIRRORS.keys() - MORE, MIRRORS))
def test_mirrored_armies_win_as_often_as_they_lose(name: str) -> None:
    score = play(packaged(name, 2048 if "m_" in name else 1024), attack_move)
    assert abs(score.won - score.lost) < 0.05
    assert score.won + score.lost > 0.95
    if (length := MIRRORS[name]) is not None:
        assert 0.8 * length < score.length < 1.2 * length


OUTNUMBERED = ("5m_vs_6m", "10m_vs_11m", "MMM2", "3s5z_vs_3s6z", "3s_vs_5z", "6h_vs_8z")


@pytest.mark.parametrize("name", first(("5m_vs_6m", "3s_vs_5z"), OUTNUMBERED))
def test_the_outnumbered_lose_if_they_only_attack_move(name: str) -> None:
    assert play(packaged(name, 32), attack_move).lost == 1


@pytest.mark.parametrize("army", [
    [("Marine", 7)], [("Stalker", 2), ("Zealot", 3)], [("Marine", 5), ("Marauder", 2), ("Medivac", 1)],
    [("Zergling", 8), ("Baneling", 3)], [("Colossus", 1), ("Zealot", 4)],
])  # fmt: skip
def test_without_chance_mirrored_armies_stay_mirrored(army: list[tuple[str, int]]) -> None:
    """No jitter, armies that are each other's point reflection: unit by unit the same health, loop by loop."""
    allies: Army = [(kind, count, (10.0, 15.0 + 2 * i)) for i, (kind, count) in enumerate(army)]
    enemies: Army = [(kind, count, (32 - x, 32 - y)) for kind, count, (x, y) in allies]
    env = battle(allies, enemies, jitter=False, goal="start")
    middle = env.forces.allies
    for _ in range(60):
        env.advance(None)
        state = env.battle
        assert torch.equal(state.position[:, :, :middle], -state.position[:, :, middle:])
        for values in (state.health, state.shield, state.energy, state.cooldown):
            assert torch.equal(values[:, :middle], values[:, middle:])


def _in_range(marines: int, script: scripts.Script) -> float:
    """Wins against opponents that react at once, the armies being in range from the first shot."""
    squads = (Squad(unit="Marine", count=marines),)
    near = Ring(distance=2.5, jitter=0.5)
    scenario = Scenario(name="near", summary="", limit=100, tasks=(Task.of(squads, squads),), ring=near)
    return play(begun(scenario, 128, difficulty="very_hard"), scripted(script)).won


@pytest.mark.parametrize("marines", first((3, 8), (3, 5, 8)))
def test_focus_beats_the_nearest_beats_random(marines: int) -> None:
    weakest, nearest, random = (_in_range(marines, s) for s in (scripts.weakest, scripts.nearest, scripts.random))
    assert weakest > nearest > random
    assert random < 0.05


def _kite(env: Skirmish) -> Orders:
    """Shoot when loaded; else, if a zealot is within 4 cells, go where the nearest would be farthest."""
    allies, enemies = slice(0, env.forces.allies), slice(env.forces.allies, None)
    shot = scripts.nearest(env.forces, env.battle, allies, enemies, env._draws())
    here, foes = env.battle.position[:, :, allies, None], env.battle.position[:, :, None, enemies]
    gone = ~env.battle.alive[:, None, enemies]
    near = _distance(here, foes).masked_fill(gone, torch.inf).amin(2)
    there = here + 1.5 * torch.tensor(DIRECTIONS).T[:, None, None]  # [xy battle ally way]
    away = _distance(there[..., None], foes[:, :, :, None]).masked_fill(gone[:, :, None], torch.inf).amin(3)
    off_map = (there.abs().amax(0) - 13).clamp(min=0)
    flees = (env.battle.cooldown[:, allies] > 0) & (near < 4) & env.battle.alive[:, allies]
    way = (away - 2 * off_map).argmax(2)
    return Orders(torch.where(flees, way, shot.move), torch.where(flees, env.forces.slot[allies], shot.target))


def _distance(here: Tensor, there: Tensor) -> Tensor:
    return torch.linalg.vector_norm(here - there, dim=0)


@pytest.mark.parametrize("zealots", first((4,), (3, 4, 5)))
def test_stalkers_win_by_kiting_and_only_so(zealots: int) -> None:
    name = f"3s_vs_{zealots}z"
    assert play(packaged(name, 64), scripted(scripts.nearest)).won == 0
    assert play(packaged(name, 64), _kite).won >= 0.9


@pytest.mark.more
def test_a_medivac_decides_an_even_battle() -> None:
    ours: Army = [("Marine", 7, (9, 16)), ("Marauder", 2, (9, 19))]
    theirs: Army = [("Marine", 7, (23, 16)), ("Marauder", 2, (23, 13))]
    assert play(battle([*ours, ("Medivac", 1, (7, 17))], theirs, episodes=64, goal="start"), attack_move).won > 0.9
    even = play(battle(ours, theirs, episodes=64, goal="start"), attack_move).won
    assert 0.2 < even < 0.8


def test_opponents_that_look_more_often_are_harder() -> None:
    """The weakest in reach is attacked, once a step."""
    def wins(difficulty: str) -> float:
        return play(packaged(f"8m:difficulty={difficulty}", 64), scripted(scripts.weakest)).won

    assert wins("normal") > wins("very_hard")


def test_opponents_may_stand_or_do_nothing() -> None:
    for opponent in ("hold", "passive"):
        env = packaged(f"3m:opponent={opponent}", 4)
        before = env.battle.position[:, :, 3:]
        for _ in range(10):
            env.advance(None)
        assert float((env.battle.position[:, :, 3:] - before).abs().max()) < 0.7  # pushed aside at most
    assert bool((env.battle.health[:, 3:].sum(1) < 135).all())
    assert bool((env.battle.health[:, :3] == 45).all())


def test_permuted_allies_fight_the_same_battle() -> None:
    """The same units with the same orders in other slots: the same health, in those slots."""
    def final(order: list[int]) -> Tensor:
        places = [(-2.5, 2.0), (-2.0, 0.0), (-2.5, -2.0)]
        env = battle([("Marine", 3, (14, 16))], [("Marine", 3, (18, 16))], goal="start", jitter=False)
        place(env, *[places[i] for i in order], (2.5, 2.0), (2.0, 0.0), (2.5, -2.0))
        env._tag = torch.tensor([[3 + i for i in order] + [0, 1, 2]])
        targets = torch.tensor([[3 + i for i in order]])
        for _ in range(12):
            env.advance(Orders(torch.full_like(targets, -1), targets))
        health = torch.empty(3)
        health[torch.tensor(order)] = env.battle.health[0, :3]
        return torch.cat((health, env.battle.health[0, 3:]))

    assert torch.equal(final([0, 1, 2]), final([2, 0, 1]))


def test_a_battle_goes_on_unchanged_when_others_have_ended() -> None:
    env = packaged("3m", 64)
    alone = packaged("3m", 64)
    alone.reset(torch.arange(7, 8), 0)
    for _ in range(60):
        env.advance(None)
        alone.advance(None)
        for name in ("position", "health", "cooldown"):
            some, one = getattr(env.battle, name), getattr(alone.battle, name)
            assert torch.equal(some[..., 7, :], one[..., 0, :]), name
