"""Teams and places that every episode draws: SMACv2's rules, against their chances."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from compose.envs.catalogue import make, schema
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.muster import KINDS
from compose.envs.starcraft.scenario import load

EPISODES = 2048


def _env(name: str, episodes: int = EPISODES, seed: int = 3) -> Skirmish:
    env = make(name)
    assert isinstance(env, Skirmish)
    env.reset(torch.arange(episodes), seed)
    return env


def _file(folder: Path, units: str, at: str = "random", more: str = "") -> str:
    path = folder / "my.yaml"
    path.write_text(f"scenario: my\nlimit: 50\nunits: {units}\nat: {at}\n{more}", encoding="utf-8")
    return "my.yaml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _shares(kind: torch.Tensor) -> dict[str, float]:
    return {name: (kind == place).double().mean().item() for place, name in enumerate(KINDS) if (kind == place).any()}


@pytest.mark.parametrize("name", ["terran_5_vs_5", "protoss_10_vs_10", "zerg_10_vs_11", "terran_20_vs_23"])
def test_types_have_their_shares_and_both_sides_the_same_team(name: str) -> None:
    episodes = 10240 // schema(f"skirmish/{name}").agents
    env = _env(f"skirmish/{name}", episodes)
    kind, allies = env.forces.kind, env.forces.allies
    for share, expected in zip(_shares(kind[:, :allies]).values(), _weights(name), strict=True):
        assert abs(share - expected) < 4 * (0.25 / 10240) ** 0.5
    assert torch.equal(kind[:, :allies].sort(1).values, kind[:, allies : 2 * allies].sort(1).values)


def _weights(name: str) -> list[float]:
    weights = load(name).tasks[0].allies[0].weights  # type: ignore[union-attr]
    return [weights[kind] for kind in KINDS if kind in weights]


def test_further_enemies_are_a_team_of_their_own_that_is_not_only_healers_or_banelings() -> None:
    for name, lone in (("terran_10_vs_11", "Medivac"), ("zerg_10_vs_11", "Baneling")):
        shares = _shares(_env(f"skirmish/{name}").forces.kind[:, 20:])
        assert lone not in shares
        assert all(abs(share - 0.5) < 0.05 for share in shares.values())


@pytest.mark.parametrize("seed", [0, 1])
def test_one_pass_draws_what_drawing_again_gives(here: Path, seed: int) -> None:
    """Three of two types, one of which is barred with chance 0.8: against the chances of all teams, counted out."""
    env = _env(_file(here, "{draw: {Medivac: 0.8, Marine: 0.2}, of: 3}"), 8192, seed)
    kind = env.forces.kind[:, 3:]  # enemies stand as they were drawn
    teams = ((kind == KINDS.index("Medivac")).long() * torch.tensor([4, 2, 1])).sum(1).bincount(minlength=8) / 8192
    chances = torch.tensor([0.8 ** bin(team).count("1") * 0.2 ** (3 - bin(team).count("1")) for team in range(8)])
    chances[7] = 0
    assert torch.allclose(teams, chances / chances.sum(), atol=0.02)
    assert teams[7] == 0


def test_a_type_of_weight_0_has_a_place_and_is_never_drawn(here: Path) -> None:
    name = _file(here, "{draw: {Marine: 1, Marauder: 3, Medivac: 0}, of: 5, against: 4}", more="like: terran_5_vs_5\n")
    env, whole = _env(name), schema("skirmish/terran_5_vs_5")
    assert {*_shares(env.forces.kind[env.forces.present])} == {"Marine", "Marauder"}
    assert env.schema.sizes.items() - {("time", 51)} <= whole.sizes.items()
    assert [f.size for f in env.schema.features] == [f.size for f in whole.features]


def test_slots_of_drawn_allies_are_in_the_order_of_types_then_places() -> None:
    env = _env("skirmish/terran_10_vs_10", 64)
    order = ["Marauder", "Marine", "Medivac"]
    rank = torch.tensor([order.index(kind) if kind in order else 9 for kind in KINDS])[env.forces.kind[:, :10]]
    assert bool((rank.diff(dim=1) >= 0).all())


def test_ways_to_begin_have_their_chances_and_are_what_they_say() -> None:
    env = _env("skirmish/protoss_5_vs_5")
    place = env._opening._spawn.places(env.task, torch.arange(EPISODES), 3)[0]
    ours, theirs = place[:, :, :5], place[:, :, 5:]
    around = (ours.square().sum(0) < 2).all(1)
    assert abs(around.double().mean().item() - 0.5) < 0.05
    assert torch.equal(theirs[0][~around], -ours[0][~around])
    assert torch.equal(theirs[1][~around], ours[1][~around])
    assert bool(((ours[0][~around] >= -16) & (ours[0][~around] < -1)).all())
    assert ours[0][~around].mean().item() == pytest.approx(-8.5, abs=0.3)
    assert ours[1][~around].mean().item() == pytest.approx(0, abs=0.4)
    assert float(theirs[:, around].abs().amin(0).amin()) > 2 - 1.5
    assert bool((theirs[:, around].abs() < 16).all())


def test_enemies_who_surround_come_in_one_to_four_groups() -> None:
    env = _env("skirmish/terran_20_vs_20:limit=9", 1024)
    place = env._opening._spawn.places(env.task, torch.arange(1024), 3)[0]
    around = (place[:, :, :20].square().sum(0) < 6).all(1)
    corner = (place[0, around, 20:] > 0).long() * 2 + (place[1, around, 20:] > 0)
    groups = torch.stack([(corner == k).any(1) for k in range(4)]).sum(0).bincount(minlength=5)
    assert int(groups[0]) == 0
    assert bool((groups[1:] / groups.sum() > 0.18).all())  # a quarter each, but that a group may be empty


@pytest.mark.parametrize("at", ["random", "reflect", "surround"])
def test_everybody_begins_on_the_ground_and_apart(here: Path, at: str) -> None:
    env = _env(_file(here, "{draw: {Colossus: 1, Stalker: 1}, of: 12, against: 14}", at, "terrain: band\n"), 256)
    position = env.battle.position
    assert bool(env.ground.walkable(position, env.forces.gait).all())
    distance = (position[..., None] - position[:, :, None]).square().sum(0).sqrt()
    assert float((env.forces.clearance - distance).max()) < 0.3


def test_the_smaller_side_decides_who_is_mirrored(here: Path) -> None:
    env = _env(_file(here, "{draw: {Zealot: 1, Stalker: 1}, of: 6, against: 4}", "reflect"), 256)
    kind = env.forces.kind
    ours, theirs = ((kind[:, side] == KINDS.index("Zealot")).sum(1) for side in (slice(0, 6), slice(6, 10)))
    assert bool(((ours - theirs >= 0) & (ours - theirs <= 2)).all())


def test_a_battle_is_the_same_alone_and_among_others() -> None:
    many, one = (make("skirmish/zerg_10_vs_11") for _ in range(2))
    all_, alone = many.reset(torch.arange(40), 7), one.reset(torch.tensor([23]), 7)
    for name, field in alone.items():
        assert torch.equal(all_[name][23:24] if len(all_[name]) > 1 else all_[name], field), name


def test_wins_return_twenty_by_task_and_less_than_the_bound_otherwise(here: Path) -> None:
    units = "{draw: {Marine: 1, Marauder: 1}, of: 3}"
    for reward in ("task", "set"):
        env = _env(f"{_file(here, units)}:reward={reward},opponent=passive,limit=400", 8)
        total = torch.zeros(8)
        while bool(env._running.any()):
            total += env.step(env.scripts["nearest"]()).reward
        worth = 3 * 10 + 200 + env.forces.max_health[:, 3:].sum(1)
        assert not bool(env.battle.alive[:, 3:].any())
        expected = torch.full((8,), 20.0) if reward == "task" else 20 * worth / (230 + 3 * 125)
        assert torch.allclose(total, expected, atol=1e-3)
        assert env.schema.returns is not None
        assert float(total.max()) <= env.schema.returns[1]
