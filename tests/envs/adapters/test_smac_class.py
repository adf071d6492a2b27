"""The adapter on SMAC's own ``StarCraft2Env``, unmodified, with a stand-in for the game behind it.

What the class itself says (observations, state, availability, visibility, rewards) is compared with what the adapter's
views say, step by step, on every map. It runs where the package can be imported: no game is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from compose.envs.adapters.smac import package
from compose.envs.adapters.smac.environment import SmacGames
from compose.envs.catalogue import schema
from compose.envs.families import names
from compose.envs.starcraft.scenario import load
from compose.language.diagnostics import SpecError
from tests.envs.adapters.battle import SIZE, Battle
from tests.envs.adapters.simulated import SimulatedGame
from tests.envs.adapters.test_smac import legal

MAPS = [name for name in names() if name.startswith("smac/") and len(schema(name).tasks) == 1]


@pytest.fixture(scope="module")
def kind() -> Iterator[Any]:
    if find_spec("smac") is None or find_spec("pysc2") is None:
        pytest.skip("the SMAC package is not installed (it is on no package index)")
    before = os.environ.get(package.PROTOBUF)
    try:
        yield package.star_craft("smac/3m")
    except SpecError as error:
        pytest.skip(str(error))
    finally:
        if before is None:
            os.environ.pop(package.PROTOBUF, None)


class Controller:
    """Stands in for the game: answers SMAC's requests from a :class:`Battle`."""

    def __init__(self, name: str, seed: int, late: int = 0, broken_at: int = 0) -> None:
        from s2clientprotocol import sc2api_pb2

        self._messages: Any = sc2api_pb2
        self._battle, self._late, self._broken_at, self._turns = Battle(name, Random(seed)), late, broken_at, 0
        self._battle.begin()

    def observe(self) -> Any:
        answer = self._messages.ResponseObservation()
        shown = self._battle.units[: -1 if self._late else None]
        for unit in shown:
            message = answer.observation.raw_data.units.add(
                tag=unit.tag, owner=unit.owner, unit_type=unit.unit_type, health=unit.health,
                health_max=unit.health_max, shield=unit.shield, shield_max=unit.shield_max, energy=unit.energy,
                weapon_cooldown=unit.weapon_cooldown,
            )
            message.pos.x, message.pos.y = unit.pos.x, unit.pos.y
        return answer

    def actions(self, request: Any) -> None:
        from pysc2.lib import protocol

        self._turns += 1
        if self._turns == self._broken_at:
            raise protocol.ConnectionError("gone")
        for action in request.actions:
            order = action.action_raw.unit_command
            (tag,) = order.unit_tags
            if order.ability_id == 16:
                self._battle.move(tag, order.target_world_space_pos.x, order.target_world_space_pos.y)
            elif order.ability_id == 23:
                self._battle.attack(tag, order.target_unit_tag)
            elif order.ability_id == 386:
                self._battle.heal(order.target_unit_tag)
            else:
                assert order.ability_id == 4

    def step(self, loops: int) -> None:
        self._late = max(0, self._late - 1)
        if loops == 8:
            self._battle.turn()

    def debug(self, commands: Any) -> None:
        assert set(commands[0].kill_unit.tag) == {unit.tag for unit in self._battle.units}
        self._battle.begin()


class Process:
    def close(self) -> None: ...


def ready(
    kind: Any, name: str, seed: int, late: int = 0, broken_at: int = 0, game: SimulatedGame | None = None
) -> Any:
    """The class on a map, its game replaced."""
    env = kind(map_name=name)

    def launch() -> None:
        env._controller = game or Controller(name, seed, late, broken_at if env._controller is None else 0)
        env._sc2_proc = Process()
        env.map_x = env.map_y = env.max_distance_x = env.max_distance_y = SIZE
        env.pathing_grid = np.ones((SIZE, SIZE), bool)
        env.pathing_grid[:12, :12] = game is not None

    env._launch = launch
    return env


def adapted(kind: Any, name: str, **settings: Any) -> SmacGames:
    map_name = name.removeprefix("smac/")
    return SmacGames(schema(name), load(map_name), lambda seed: ready(kind, map_name, seed, **settings))


def test_every_map_has_the_sizes_that_the_class_has(kind: Any) -> None:
    for name in MAPS:
        env, offered = kind(map_name=name.removeprefix("smac/")), schema(name)
        told = env.get_env_info()
        sizes = offered.sizes
        assert (told["n_agents"], env.n_enemies) == (sizes["agent"], sizes["other"]), name
        assert told["episode_limit"] == offered.limit, name
        assert (told["obs_shape"], told["state_shape"]) == (sizes["observation"], sizes["state"]), name
        assert told["n_actions"] == 6 + env.n_enemies


@pytest.mark.parametrize("name", MAPS)
def test_views_agree_with_the_class(kind: Any, name: str) -> None:
    env = adapted(kind, name)
    fields = env.reset(torch.arange(2), 0)
    agents, entities = env.schema.agents, env.schema.entities
    running, died = torch.ones(2, dtype=torch.bool), False
    for step in range(12):
        for row in range(2):
            if not running[row]:
                continue
            game: Any = env._games[row]._env
            observed = torch.from_numpy(np.stack(game.get_obs()))
            torch.testing.assert_close(fields["observation"][row], observed, rtol=1e-6, atol=1e-6)
            torch.testing.assert_close(fields["state"][row], torch.from_numpy(game.get_state()), rtol=1e-6, atol=1e-6)
            given = torch.tensor(game.get_avail_actions(), dtype=torch.bool)
            assert torch.equal(fields["available"][row].sum(1), given.sum(1))
            sees = torch.from_numpy(game.get_visibility_matrix())
            assert torch.equal(fields["visible"][row] & ~torch.eye(agents, entities, dtype=torch.bool), sees)
            died |= bool((fields["active"][row] == 0).any())
        assert torch.equal(fields["available"], env._view.entity.available(env._snapshot()))
        after = env.step(legal(fields, step))
        fields = after.fields
        for row in range(2):
            game = env._games[row]._env
            if running[row]:
                assert after.reward[row].item() == pytest.approx(game.reward, abs=1e-5)
                assert after.success[row].item() == (after.terminated[row].item() and game.win_counted)
        running &= ~(after.terminated | after.truncated)
    assert died or name == "smac/2s_vs_1sc"  # its one enemy is too weak for that


def test_battles_end_and_begin_again(kind: Any) -> None:
    env = adapted(kind, "smac/3m")
    for episodes in ([0, 1], [2, 3]):
        fields = env.reset(torch.tensor(episodes), 0)
        assert fields["active"].all()
        ended = torch.zeros(2, dtype=torch.bool)
        for step in range(60):
            after = env.step(legal(fields, step))
            fields, ended = after.fields, ended | after.terminated
            if ended.all():
                break
        assert ended.all()


def test_time_runs_out(kind: Any) -> None:
    env = adapted(kind, "smac/2m_vs_1z")
    game: Any = None
    fields = env.reset(torch.arange(1), 0)
    game = env._games[0]._env
    game.episode_limit = 2
    for _ in range(2):
        after = env.step(torch.where(fields["available"][:, :, 1], 1, 0))
        fields = after.fields
    assert (game.timeouts, after.terminated.item(), after.success.item()) == (1, True, False)


def test_enemies_that_were_counted_again(kind: Any) -> None:
    """The class waits for the last unit here, and counts those that are there each time it looks."""
    env = adapted(kind, "smac/3m", late=3)
    fields, total, lost = env.reset(torch.arange(1), 0), 0.0, 0.0
    game: Any = env._games[0]._env
    assert game.max_reward > 365
    begun = {number: unit.health for number, unit in game.enemies.items()}
    for step in range(3):
        after = env.step(legal(fields, step))
        fields, total = after.fields, total + after.reward.item()
    lost = sum(begun[number] - unit.health + 10 * (unit.health == 0) for number, unit in game.enemies.items())
    assert total == pytest.approx(lost / (365 / 20) + 200 / (365 / 20) * game.battles_won, abs=1e-4)


def test_a_game_that_breaks_off(kind: Any) -> None:
    env = adapted(kind, "smac/3m", broken_at=1)
    fields = env.reset(torch.arange(1), 0)
    with pytest.warns(RuntimeWarning, match="the game crashed"):
        after = env.step(legal(fields, 0))
    assert (after.truncated.item(), after.terminated.item(), after.reward.item()) == (True, False, 0)
    assert env._games[0]._env.force_restarts == 1
    assert env.reset(torch.arange(1), 0)["active"].all()


@pytest.mark.parametrize("name", ["3m", "2s3z", "MMM2", "5m_vs_6m", "3s_vs_5z", "1c3s5z", "bane_vs_bane"])
def test_the_class_says_of_the_simulator_what_the_simulator_says(kind: Any, name: str) -> None:
    """The simulator plays the game: SMAC's class computes its own observations, rewards and ends of the same battle.

    ``from_mean`` counts the dead where they were last seen, which in SMAC is where the step began in which they died,
    so it is compared while everybody lives.
    """
    game = SimulatedGame(name)
    env = SmacGames(schema(f"smac/{name}"), load(name), lambda seed: ready(kind, name, seed, game=game))
    agents, kept = env.schema.agents, {"health", "shield", "energy", "cooldown", "from_centre", "from_mean"}
    ends = np.cumsum([feature.size for feature in env.schema.features])
    columns = [i for f, end in zip(env.schema.features, ends, strict=True) if f.name in kept
               for i in range(end - f.size, end)]
    for _ in range(2):
        fields, total = env.reset(torch.arange(1), 0), 0.0
        smac: Any = env._games[0]._env
        for step in range(env.schema.limit):
            slot = [u.tag - 1 for u in smac.agents.values()] + [u.tag - 1 for u in smac.enemies.values()]
            ours, theirs = fields["entities"][0][:, columns], game.fields["entities"][0][slot][:, columns]
            everybody = bool((game.env.battle.health > 0).all())
            width = len(columns) if everybody else len(columns) - 2
            torch.testing.assert_close(ours[:, :width], theirs[:, :width], rtol=0, atol=2e-6)
            assert torch.equal(fields["sight"][0], game.fields["sight"][0][slot][:, slot])
            can = fields["available"][0, :, 6:].sum(1)
            assert torch.equal(can, game.fields["available"][0, slot[:agents], 6:].sum(1))
            after = env.step(legal(fields, step))
            fields = after.fields
            assert game.after is not None
            assert after.reward.item() == pytest.approx(game.after.reward.item(), abs=1e-4)
            assert (after.terminated.item(), after.success.item()) == (
                game.after.terminated.item(), game.after.success.item())
            total += after.reward.item()
            if after.terminated:
                break
        assert after.terminated
        assert total > 0
