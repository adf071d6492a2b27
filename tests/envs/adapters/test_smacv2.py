"""SMACv2 without SMACv2: the adapter on a stand-in for its wrapper, and what is said where things are missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from compose.envs.adapters.smac import drawn, package
from compose.envs.adapters.smac.environment import SmacGames
from compose.envs.catalogue import make
from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import SpecError
from tests.envs.adapters.battle import BASE, SIZE, Battle, Unit
from tests.envs.adapters.test_smac import StandIn, found, legal


class DrawnBattle(Battle):
    """A battle whose teams are given."""

    teams: tuple[list[str], list[str]] = ([], [])

    def begin(self) -> None:
        self.units = []
        ours = sorted(self.scenario.tasks[0].counts("allies"))
        for owner, team in enumerate(self.teams, 1):
            for kind in team:
                self.units.append(self._unit(kind, owner, BASE + ours.index(kind) if owner == 1 else UNITS[kind].id))
        self.random.shuffle(self.units)


class DrawnStandIn(StandIn):
    """What the adapter uses of SMACv2's ``StarCraft2Env``: ranges are those of types."""

    def __init__(self, name: str, config: dict[str, Any], seed: int) -> None:
        super().__init__(name, seed)
        self.battle: DrawnBattle = DrawnBattle(name, Random(seed))
        self.n_agents, self.n_enemies = config["n_units"], config["n_enemies"]
        self.map_type = f"{name.partition('_')[0]}_gen"

    def _row(self, unit: Unit) -> list[int]:
        kind = next(kind for kind, number in self._ids.items() if number == unit.unit_type)
        heals = kind == "Medivac"
        units = {i: u for i, u in self.agents.items() if u.unit_type != unit.unit_type} if heals else self.enemies
        near = {i for i, u in units.items() if u.health > 0
                and math.dist((u.pos.x, u.pos.y), (unit.pos.x, unit.pos.y)) <= UNITS[kind].reach}
        many = max(self.n_enemies, self.n_agents if heals else 0)
        if unit.health <= 0:
            return [1] + [0] * (5 + many)
        return [0, 1, *(unit.pos.y + 1 < SIZE, unit.pos.y - 1 >= 0, unit.pos.x + 1 < SIZE, unit.pos.x - 1 >= 0),
                *(int(i in near) for i in range(many))]


class Wrapper:
    """What the adapter uses of ``StarCraftCapabilityEnvWrapper``."""

    def __init__(self, capability_config: dict[str, Any], map_name: str, seed: int, **settings: Any) -> None:
        self.config, self.settings = capability_config, settings
        sizes = f"{capability_config['n_units']}_vs_{capability_config['n_enemies']}"
        self.env = DrawnStandIn(f"{map_name.removeprefix('10gen_')}_{sizes}", capability_config, seed)
        self._random = Random(seed)

    def reset(self) -> None:
        teams, config = self.config["team_gen"], self.config
        kinds = [kind.capitalize() for kind in teams["unit_types"]]

        def team(count: int) -> list[str]:
            while True:
                drawn_team = self._random.choices(kinds, teams["weights"], k=count)
                if not count or {kind.lower() for kind in drawn_team} - {*teams["exception_unit_types"]}:
                    return drawn_team

        ours = team(config["n_units"])
        self.env.battle.teams = ours, ours + team(config["n_enemies"] - config["n_units"])
        self.env.reset()

    def get_avail_actions(self) -> Any:
        actions, true = self.env.get_avail_actions()  # as the package has it
        return actions, true


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(drawn, "star_craft", lambda where, name, git: Wrapper)
    monkeypatch.setenv("SC2PATH", str(tmp_path))
    (tmp_path / "Versions").mkdir()
    (tmp_path / "Maps" / "SMAC_Maps").mkdir(parents=True)
    return tmp_path


DRAWN = [name for name in SCENARIOS if "/" not in name and len(load(name).tasks) == 1 and load(name).drawn]


def test_there_are_fifteen() -> None:
    assert len(DRAWN) == 15


@pytest.mark.parametrize("name", ["terran_5_vs_5", "protoss_10_vs_11", "zerg_5_vs_5"])
@pytest.mark.usefixtures("installed")
def test_fields_are_those_of_the_schema(name: str) -> None:
    env = make(f"smac/{name}:limit=9")
    assert isinstance(env, SmacGames)
    fields, kinds = env.reset(torch.arange(3), 0), set()
    sizes = {**env.schema.sizes, "batch": 3}
    for step in range(9):
        for field, x in fields.items():
            axes = [axis for axis in env.schema.fields[field].axes if axis != "time"]
            assert list(x.shape) == [sizes[axis.removesuffix("'")] for axis in axes], field
        assert torch.equal(fields["available"], env._view.entity.available(env._snapshot()))  # both say the same
        kinds.add(tuple(env._snapshot().kind.flatten().tolist()))
        after = env.step(legal(fields, step))
        fields = after.fields
    assert len(kinds) == 1  # types stay, as long as episodes do
    env.reset(torch.arange(3), 0)
    assert tuple(env._snapshot().kind.flatten().tolist()) not in kinds
    assert bool(after.terminated.all())


@pytest.mark.usefixtures("installed")
def test_allies_and_enemies_are_of_the_types_that_were_drawn() -> None:
    env: Any = make("smac/terran_10_vs_11")
    env.reset(torch.arange(4), 1)
    names = list(UNITS)
    for row, game in enumerate(env._games):
        ours, theirs = game._env._wrapper.env.battle.teams
        kinds = [names[kind] for kind in env._snapshot().kind[row].tolist()]
        assert sorted(kinds[:10]) == sorted(ours)
        assert sorted(kinds[10:]) == sorted(theirs)
        assert theirs[10] != "Medivac"


@pytest.mark.usefixtures("installed")
def test_the_package_is_told_what_the_scenario_says() -> None:
    env: Any = make("smac/terran_10_vs_11:limit=30")
    env.reset(torch.arange(1), 0)
    wrapper = env._games[0]._env._wrapper
    assert wrapper.env.episode_limit == 30
    assert wrapper.settings == {"conic_fov": False, "use_unit_ranges": True, "min_attack_range": 2, "action_mask": True}
    team, starts = wrapper.config["team_gen"], wrapper.config["start_positions"]
    assert dict(zip(team["unit_types"], team["weights"], strict=True)) == pytest.approx(
        {"marauder": 0.45, "marine": 0.45, "medivac": 0.1})
    assert team["exception_unit_types"] == ["medivac"]
    assert (wrapper.config["n_units"], wrapper.config["n_enemies"], starts["p"]) == (10, 11, 0.5)
    assert drawn.capabilities(load("zerg_5_vs_5"))["team_gen"]["exception_unit_types"] == ["baneling"]


def test_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup: Callable[[str], Any] = found(None)
    monkeypatch.setattr(package, "find_spec", lookup)
    with pytest.raises(SpecError) as caught:
        make("smac/terran_5_vs_5")
    assert str(caught.value) == (
        "error[smac.missing]  smac/terran_5_vs_5: the SMACv2 package is not installed\n"
        "  pip install 'compose-marl[smac]', then pip install git+https://github.com/oxwhirl/smacv2.git\n"
        "  = skirmish/terran_5_vs_5 is a battle of the same size and needs no StarCraft"
    )
    monkeypatch.setattr(drawn, "star_craft", lambda where, name, git: Wrapper)
    monkeypatch.setenv("SC2PATH", str(tmp_path))
    with pytest.raises(SpecError, match="StarCraft II is not there"):
        make("smac/terran_5_vs_5")
    (tmp_path / "Versions").mkdir()
    with pytest.raises(SpecError, match="SMACv2's maps are not there"):
        make("smac/terran_5_vs_5")
