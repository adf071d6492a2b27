"""SMAC without SMAC: the adapter on a stand-in for its environment class, and what is said where things are missing."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from compose.envs.adapters.smac import package
from compose.envs.adapters.smac.environment import SmacGames
from compose.envs.catalogue import make, schema
from compose.envs.pictures import Filmed
from compose.envs.starcraft.scenario import load
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import SpecError
from compose.training.actors import RandomActor
from compose.training.evaluate import evaluate_actor
from tests.envs.adapters.battle import BASE, REACH, SIZE, Battle, Unit
from tests.envs.pictures.test_film import check


class StandIn:
    """What the adapter uses of SMAC's ``StarCraft2Env``, written anew on :class:`Battle`."""

    reward_death_value, reward_win, reward_scale, map_x, map_y = 10, 200, True, SIZE, SIZE

    def __init__(self, name: str, seed: int = 0, crash_at: int = 0, counted_twice: bool = False) -> None:
        self.battle, self.episode_limit = Battle(name, Random(seed)), 30
        task = load(name).tasks[0]
        self.n_agents = sum(task.counts("allies").values())
        self.n_enemies = sum(task.counts("enemies").values())
        self.map_type = "MMM" if "Medivac" in task.counts("allies") else "other"
        self._ids = {kind: BASE + i for i, kind in enumerate(sorted(task.counts("allies")))}
        for kind in UNITS:
            setattr(self, f"{kind.lower()}_id", self._ids.get(kind, 0))
        self._crash_at, self._counted_twice = crash_at, counted_twice
        self.closed = 0
        self.orders: list[list[int]] = []

    def reset(self) -> None:
        self.battle.begin()
        self._time = 0
        ours = sorted((u for u in self.battle.units if u.owner == 1), key=lambda u: (u.unit_type, u.pos.x, u.pos.y))
        self.agents = {i: copy.deepcopy(unit) for i, unit in enumerate(ours)}
        theirs = [u for u in self.battle.units if u.owner == 2]
        self.enemies = {i: copy.deepcopy(unit) for i, unit in enumerate(theirs)}
        points = sum(u.health_max + u.shield_max for u in theirs)
        self.max_reward = 10 * len(theirs) + 200 + points * (2 if self._counted_twice else 1)

    def get_avail_actions(self) -> list[list[int]]:
        return [self._row(unit) for unit in self.agents.values()]

    def _row(self, unit: Unit) -> list[int]:
        targets = self.enemies
        if unit.unit_type == self._ids.get("Medivac"):
            targets = {i: u for i, u in self.agents.items() if u.unit_type != self._ids["Medivac"]}
        near = {i for i, u in targets.items()
                if u.health > 0 and math.dist((u.pos.x, u.pos.y), (unit.pos.x, unit.pos.y)) <= REACH}
        if unit.health <= 0:
            return [1] + [0] * (5 + self.n_enemies)
        return [0, 1, *(unit.pos.y + 1 < SIZE, unit.pos.y - 1 >= 0, unit.pos.x + 1 < SIZE, unit.pos.x - 1 >= 0),
                *(int(i in near) for i in range(self.n_enemies))]

    def step(self, actions: list[int]) -> tuple[float, bool, dict[str, Any]]:
        self._time += 1
        self.orders.append(actions)
        assert all(row[action] for row, action in zip(self.get_avail_actions(), actions, strict=True))
        if self._time == self._crash_at:
            return 0, True, {}
        before = sum(unit.health + unit.shield for unit in self.enemies.values())
        for unit, action in zip(list(self.agents.values()), actions, strict=True):
            dx, dy = {2: (0, 2), 3: (0, -2), 4: (2, 0), 5: (-2, 0)}.get(action, (0, 0))
            if dx or dy:
                self.battle.move(unit.tag, unit.pos.x + dx, unit.pos.y + dy)
            elif action >= 6 and unit.unit_type == self._ids.get("Medivac"):
                self.battle.heal(self.agents[action - 6].tag)
            elif action >= 6:
                self.battle.attack(unit.tag, self.enemies[action - 6].tag)
        self.battle.turn()
        for units in (self.agents, self.enemies):
            for number, unit in units.items():
                now = self.battle.of(unit.tag)
                units[number] = copy.deepcopy(now) if now is not None else unit
                unit.health = 0 if now is None else unit.health
                unit.shield = 0 if now is None else unit.shield
        won = all(unit.health <= 0 for unit in self.enemies.values())
        lost = all(unit.health <= 0 for unit in self.agents.values())
        reward = before - sum(unit.health + unit.shield for unit in self.enemies.values()) + 200 * won
        return reward / (self.max_reward / 20), won or lost or self._time >= self.episode_limit, {"battle_won": won}

    def close(self) -> None:
        self.closed += 1


def games(name: str, stand_in: Callable[[int], Any] | None = None, **settings: Any) -> SmacGames:
    """The environment ``name`` on stand-ins, one for each game."""
    map_name = name.partition(":")[0].removeprefix("smac/")
    offered = schema(name)
    like = name.partition("like=")[2]
    scenario = load(map_name).within(load(like)) if like else load(map_name)
    return SmacGames(offered, scenario, stand_in or (lambda seed: StandIn(map_name, seed)), **settings)


def legal(fields: dict[str, torch.Tensor], step: int) -> torch.Tensor:
    """An available action for each agent, not the first one."""
    noise = torch.rand(fields["available"].shape, generator=torch.Generator().manual_seed(step))
    targets = torch.arange(noise.shape[2]) >= 6
    return (fields["available"] * (1 + noise + 0.3 * targets)).argmax(2)


@pytest.mark.parametrize("random_tags", [False, True])
@pytest.mark.parametrize("name", ["smac/3m", "smac/2s3z", "smac/MMM2", "smac/2c_vs_64zg", "smac/3m:like=8m_vs_9m"])
def test_fields_are_those_of_the_schema(name: str, random_tags: bool) -> None:
    env = games(name, random_tags=random_tags)
    fields = env.reset(torch.arange(3), 0)
    sizes = {**env.schema.sizes, "batch": 3}
    for step in range(12):
        for field, x in fields.items():
            axes = [axis for axis in env.schema.fields[field].axes if axis != "time"]
            assert list(x.shape) == [sizes[axis.removesuffix("'")] for axis in axes], field
        assert torch.equal(fields["available"], env._view.entity.available(env._snapshot()))  # both say the same
        after = env.step(legal(fields, step))
        fields = after.fields
    later = {"agent_id", "action", "last_action", "reward", "terminated", "steps", "success"}
    assert set(fields) == set(env.schema.fields) - later


def test_units_become_entities() -> None:
    env = games("smac/2s3z")
    entities = env.reset(torch.arange(1), 0)["entities"][0]
    game: Any = env._games[0]._env
    names = [kind for kind in UNITS if kind in ("Stalker", "Zealot")]
    for slot, unit in [*game.agents.items(), *((5 + i, u) for i, u in game.enemies.items())]:
        ally = unit.owner == 1
        kind = ("Stalker", "Zealot")[unit.unit_type - BASE] if ally else {74: "Stalker", 73: "Zealot"}[unit.unit_type]
        features = dict(zip((f.name for f in env.schema.features),
                            entities[slot].split([f.size for f in env.schema.features]), strict=True))
        assert features["tag"].argmax() == (slot + 5 if ally else slot - 5)
        assert features["unit_type"].tolist() == [float(kind == other) for other in names]
        assert features["health"].item() == pytest.approx(unit.health / UNITS[kind].health)
        assert features["shield"].item() == pytest.approx(unit.shield / UNITS[kind].shield)
        assert features["cooldown"].item() == pytest.approx(unit.weapon_cooldown / UNITS[kind].cooldown if ally else 0)
        assert features["from_centre"].tolist() == pytest.approx([(unit.pos.x - 16) / 32, (unit.pos.y - 16) / 32])


@pytest.mark.parametrize("random_tags", [False, True])
def test_actions_reach_whom_they_are_aimed_at(random_tags: bool) -> None:
    env = games("smac/MMM2", random_tags=random_tags)
    fields = env.reset(torch.arange(1), 3)
    game: Any = env._games[0]._env
    seen = set()
    for step in range(8):
        action = legal(fields, step)
        aim = fields["action_entity"][0][action[0]]  # (agent entity)
        fields = env.step(action).fields
        for agent, order in enumerate(game.orders[-1]):
            if order < 6:
                assert order == action[0, agent]
                continue
            target = int(aim[agent].long().argmax())
            medic = game.agents[agent].unit_type == game.medivac_id
            assert target == (order - 6 if medic else 10 + order - 6)
            seen.add(medic)
    assert seen == {False, True}
    assert bool((fields["action_entity"].sum(2)[:, 6:] == 1).all())
    assert torch.equal(env._tag[0], torch.cat((torch.arange(12, 22), torch.arange(12)))) != random_tags


def test_games_are_filmed() -> None:
    env = games("smac/MMM")
    shown = Filmed(env, env.camera())
    (row,) = evaluate_actor(RandomActor(0), shown, 1, seed=0)
    check(shown.film)
    assert shown.film.length == row["length"]
    assert [shown.film.stage.kinds[kind] for kind in shown.film.stage.kind[:10]].count("Marine") == 7


def test_rewards_are_on_the_scale_that_smac_means() -> None:
    def total(counted_twice: bool) -> float:
        env = games("smac/3m", lambda seed: StandIn("3m", 0, counted_twice=counted_twice))
        fields, reward = env.reset(torch.arange(1), 0), 0.0
        for step in range(6):
            after = env.step(legal(fields, step))
            fields, reward = after.fields, reward + after.reward.item()
        return reward

    assert total(True) == pytest.approx(total(False)) != 0


def test_the_end_of_battles() -> None:
    env = games("smac/3m", at_once=16)
    fields = env.reset(torch.arange(16), 1)
    running, outcomes = torch.ones(16, dtype=torch.bool), set()
    for step in range(31):
        before = fields
        after = env.step(legal(fields, step))
        fields = after.fields
        assert not (after.truncated | (after.success & ~after.terminated)).any()
        assert bool((after.reward[~running] == 0).all())
        for name in ("entities", "available", "state"):
            assert torch.equal(fields[name][~running], before[name][~running])
        outcomes |= set(zip(after.terminated.tolist(), after.success.tolist(), strict=True))
        running &= ~after.terminated
    assert not running.any()
    assert outcomes == {(False, False), (True, False), (True, True)}


def test_a_crash_cuts_the_episode_off() -> None:
    env = games("smac/3m", lambda seed: StandIn("3m", seed, crash_at=2))
    fields = env.step(legal(env.reset(torch.arange(1), 0), 0)).fields
    with pytest.warns(RuntimeWarning, match="smac/3m: the game crashed and was started again; the episode is cut off"):
        after = env.step(legal(fields, 1))
    assert (after.truncated.item(), after.terminated.item(), after.reward.item()) == (True, False, 0)
    assert torch.equal(after.fields["entities"], fields["entities"])


def test_a_battle_that_is_left_unfinished_closes_its_game() -> None:
    env = games("smac/3m")
    env.reset(torch.arange(1), 0)
    env.reset(torch.arange(1), 0)
    assert env._games[0]._env.closed == 1


def test_no_more_games_than_allowed() -> None:
    env = games("smac/3m", at_once=3)
    assert len(evaluate_actor(RandomActor(0), env, 7, seed=0)) == 7
    assert len(env._games) == 3
    with pytest.raises(SpecError, match=r"4 episodes side by side need as many games of StarCraft; 3 may run"):
        env.reset(torch.arange(4), 0)


def test_another_battle_than_the_map_says() -> None:
    with pytest.raises(SpecError, match="SMAC's map has 3 against 3 units, the scenario 8 against 8"):
        games("smac/8m", lambda seed: StandIn("3m", seed)).reset(torch.arange(1), 0)
    env = games("smac/3m")
    env.reset(torch.arange(1), 0)
    game: Any = env._games[0]._env
    for unit in game.battle.units:
        unit.unit_type = 1 if unit.owner == 2 else unit.unit_type
    with pytest.raises(SpecError, match="an enemy is of the unknown unit type 1"):
        env.step(torch.ones(1, 3, dtype=torch.int64))


SKIRMISH = "  = skirmish/3m is a battle of the same size and needs no StarCraft"


def found(folder: Path | None) -> Callable[[str], ModuleSpec | None]:
    spec = ModuleSpec("smac", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return lambda name: None if name != "smac" or folder is None else spec


def test_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "find_spec", found(None))
    with pytest.raises(SpecError) as caught:
        make("smac/3m:games=2")
    assert str(caught.value) == (
        "error[smac.missing]  smac/3m: the SMAC package is not installed\n"
        "  pip install 'compose-marl[smac]', then pip install git+https://github.com/oxwhirl/smac.git\n" + SKIRMISH
    )


def test_the_other_smac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "find_spec", found(tmp_path))
    with pytest.raises(SpecError) as caught:
        make("smac/3m")
    assert str(caught.value) == (
        "error[smac.missing]  smac/3m: the installed package 'smac' is another project (SMAC3, which tunes "
        "hyper-parameters), not StarCraft's\n  PyPI's 'smac' is never the right one: pip uninstall smac, then "
        "pip install git+https://github.com/oxwhirl/smac.git\n" + SKIRMISH
    )


def test_no_pysc2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env" / "starcraft2").mkdir(parents=True)
    monkeypatch.setattr(package, "find_spec", found(tmp_path))
    with pytest.raises(SpecError, match=r"pysc2 is not installed, which SMAC needs\n  pip install 'compose-marl\[smac"):
        make("smac/3m")


@pytest.mark.parametrize(("error", "text"), [
    (TypeError("Descriptors cannot be created directly.\nMore"),
     "cannot be imported: TypeError: Descriptors cannot be created directly.\n  start python with PROTOCOL_BUFFERS"),
    (ImportError("no absl"), "cannot be imported: ImportError: no absl\n  pip install 'compose-marl[smac]'"),
])
def test_a_package_that_does_not_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    def fails(name: str) -> Any:
        raise error

    (tmp_path / "env" / "starcraft2").mkdir(parents=True)
    there = found(tmp_path)("smac")
    monkeypatch.setattr(package, "find_spec", lambda name: there)
    monkeypatch.setattr(package, "import_module", fails)
    monkeypatch.setenv(package.PROTOBUF, "python")
    with pytest.raises(SpecError) as caught:
        make("smac/3m")
    assert text in str(caught.value)


def test_no_game_and_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "star_craft", lambda where: lambda map_name, seed: StandIn(map_name, seed))
    monkeypatch.setenv("SC2PATH", str(tmp_path))
    with pytest.raises(SpecError, match="StarCraft II is not there\n  install it, or set SC2PATH to its folder"):
        make("smac/3m")
    (tmp_path / "Versions").mkdir()
    with pytest.raises(SpecError, match=r"the map 3m.SC2Map is not there\n  put the folder SMAC_Maps"):
        make("smac/3m")
    maps = tmp_path / "Maps" / "SMAC_Maps"
    maps.mkdir(parents=True)
    (maps / "3m.SC2Map").touch()
    env = make("smac/3m:limit=7,games=1,random_tags=true")
    fields = env.reset(torch.arange(1), 0)
    assert (env.at_once, env.schema.limit) == (1, 7)
    ends = []
    for step in range(8):
        after = env.step(legal(fields, step))
        fields, ends = after.fields, [*ends, after.terminated.item()]
    assert sum(ends) == 1
    assert not ends[7]


def test_sets_are_data() -> None:
    with pytest.raises(SpecError) as caught:
        make("smac/3-8sz")
    assert str(caught.value) == (
        "error[smac.missing]  smac/3-8sz: this environment is data only: the SMAC package plays its own single maps\n"
        "  as a schema, it is there to check specs against\n"
        "  = skirmish/3-8sz is a battle of the same size and needs no StarCraft"
    )
