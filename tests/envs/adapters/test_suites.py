"""Suites without their packages: schemas, what is said by who would play them, and a stand-in for a game.

With the packages: ``tests/suites``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete, Tuple

from compose.envs import families
from compose.envs.adapters.suites import suite
from compose.envs.catalogue import make, resolve, schema
from compose.envs.conformance import assert_conforms
from compose.language.diagnostics import SpecError

NAMES = {"lbf/8x8-2p-2f-v3": "lbforaging", "mpe/simple_spread_v3": "mpe2", "rware/tiny-2ag-v2": "rware",
         "vmas/balance": "vmas", "overcooked/cramped_room": "overcooked_ai_py"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "find_spec", lambda package: None)
    family, package = name.partition("/")[0], NAMES[name]
    assert resolve(name).needs == f"{package} (pip install 'compose-marl[{family}]')"
    with pytest.raises(SpecError) as caught:
        make(name)
    assert str(caught.value) == (f"error[suite.missing]  {name}: {package} is not installed\n"
                                 f"  pip install 'compose-marl[{family}]'")
    monkeypatch.setattr(suite, "find_spec", lambda package: package)
    assert resolve(name).needs == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_package_that_is_something_else_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for parts in ("lbforaging", "mpe2", "rware", "vmas", "overcooked_ai_py"):
        monkeypatch.setitem(sys.modules, parts, ModuleType(parts))
    monkeypatch.setattr(suite, "find_spec", lambda package: package)
    with pytest.raises(SpecError, match=rf"suite.broken.*{name}: {NAMES[name]} cannot be played: \w*Error"):
        make(name).reset(torch.arange(1), 0)


def test_schemas_need_neither_torch_nor_the_packages() -> None:
    code = (f"import sys, compose.envs.catalogue as c\n[c.schema(name) for name in {list(NAMES)}]\n"
            f"sys.exit(bool({{'torch', 'gymnasium', 'pettingzoo', *{list(NAMES.values())}}} & set(sys.modules)))")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_names_that_are_not_listed_are_known() -> None:
    assert schema("lbf/2s-12x12-5p-4f-coop-v3").sizes["observation"] == 27
    assert schema("rware/large-19ag-easy-v2").entities == 19 + 224 + 2
    assert schema("mpe/simple_spread_v3:agents=7").sizes["observation"] == 42
    assert schema("vmas/dispersion:agents=5").sizes["observation"] == 19


@pytest.mark.parametrize("name", ["lbf/8x9-2p-2f-v3", "lbf/8x8-2p-2f", "lbf/4x4-2p-2f-v3", "lbf/8x8-1p-2f-v3",
                                  "rware/tiny-1ag-hard-v2", "rware/tiny-20ag-v2", "rware/huge-2ag-v2", "vmas/football",
                                  "overcooked/diner", "mpe/simple_tag_v3", "lbf", "lbf/\u0668x\u0668-2p-2f-v3"])
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        schema(name)
    assert caught.value.diagnostics[0].code in ("unknown-environment", "environment-name")


@pytest.mark.parametrize(("name", "text"), [
    ("lbf/8x8-2p-2f-v3:sight=0", "greater than or equal to 1"), ("lbf/8x8-2p-2f-v3:agents=3", "unknown option"),
    ("mpe/simple_reference_v3:agents=3", "unknown option"), ("mpe/simple_spread_v3:local_ratio=2", "less than or"),
    ("vmas/balance:agents=1", "greater than or equal to 2"),
])
def test_options_are_checked(name: str, text: str) -> None:
    with pytest.raises(SpecError, match=text):
        schema(name)


class Field(gymnasium.Env[Any, Any]):
    """What the adapter uses of ``ForagingEnv``: players walk right along the rows that they begin in and lift what
    comes. It says that an episode has ended when its time is over, and begins in other cells where players stand."""

    def __init__(self, *, players: int, field_size: tuple[int, int], max_num_food: int, sight: int,
                 max_episode_steps: int, **_: Any) -> None:
        self.players = [SimpleNamespace(position=None, level=None) for _ in range(players)]
        self.field_size, self._foods, self.sight, self._limit = field_size, max_num_food, sight, max_episode_steps
        self.action_space = Tuple([Discrete(6)] * players)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self._time, self.field = 0, np.zeros(self.field_size, np.int32)
        for i, player in enumerate(self.players):
            stood = player.position is not None
            player.position = (i + stood, int(self.np_random.integers(3)))
            player.level = int(self.np_random.integers(1, 3))
        for i in range(self._foods):
            self.field[i, self.field_size[1] - 1 - i] = 1 + i
        return self._told(), {}

    def step(self, action: Any) -> Any:
        self._time += 1
        rewards = [0.0] * len(self.players)
        for i, (player, one) in enumerate(zip(self.players, action, strict=True)):
            row, column = player.position
            if one == 5 and self.field[row].any():
                self.field[row], rewards[i] = 0, 0.5
            elif one == 4 and column + 1 < self.field_size[1] and not self.field[row, column + 1]:
                player.position = (row, column + 1)
        return self._told(), rewards, self._time >= self._limit or not self.field.any(), False, {}

    def _told(self) -> Any:
        return tuple(np.full(3 * (len(self.players) + self._foods), i, np.float32) for i in range(len(self.players)))


@pytest.fixture
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("lbforaging.foraging.environment")
    module.ForagingEnv = Field
    for name in ("lbforaging", "lbforaging.foraging"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(suite, "find_spec", lambda package: package)


@pytest.mark.usefixtures("_stand_in")
def test_foods_keep_their_slots() -> None:
    env = make("lbf/8x8-2p-2f-v3:limit=4")
    first = env.reset(torch.arange(3), 0)
    assert first["entities"][0, 2:].tolist() == torch.tensor([[0, 1, 0, 7 / 8, 1 / 6], [0, 1, 1 / 8, 6 / 8, 2 / 6]]
                                                             ).tolist()
    assert bool(first["visible"].all())
    after = env.step(torch.tensor([[5, 0]] * 3))
    assert not after.fields["entities"][:, 2].any()
    assert after.fields["visible"][0].tolist() == [[True, True, False, True]] * 2
    assert bool((after.fields["entities"][:, 3] == first["entities"][:, 3]).all())
    assert bool(after.fields["present"].all())
    assert (after.reward.tolist(), after.success.any(), after.terminated.any()) == ([0.5] * 3, False, False)
    last = env.step(torch.tensor([[0, 5], [0, 0], [0, 0]]))
    assert last.success.tolist() == last.terminated.tolist() == [True, False, False]
    env.step(torch.tensor([[0, 0]] * 3))
    end = env.step(torch.tensor([[0, 0]] * 3))
    assert (end.truncated.tolist(), end.terminated.any(), end.success.any()) == ([False, True, True], False, False)
    again = env.reset(torch.arange(3), 0)
    assert all(torch.equal(again[name], first[name]) for name in first), "where players stood before is forgotten"


@pytest.mark.usefixtures("_stand_in")
def test_what_is_near_is_seen_and_at_the_border_more() -> None:
    env: Any = make("lbf/2s-8x8-3p-2f-v3")
    env.reset(torch.arange(1), 0)
    look = env._games._copies[0]._look
    for player, place in zip(look._env.players, [(0, 0), (4, 4), (0, 5)], strict=True):
        player.position = place
    look._env.field[:] = 0
    look._env.field[2, 2], look._env.field[0, 3] = 1, 1
    look.begin()
    assert look.visible().astype(int).tolist() == [[1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [0, 1, 1, 1, 0]]


@pytest.mark.usefixtures("_stand_in")
def test_a_stand_in_conforms() -> None:
    assert_conforms("lbf/8x8-2p-2f-v3:limit=6", episodes=4)


def test_families_are_listed() -> None:
    assert {"lbf", "mpe", "overcooked", "rware", "vmas"} <= set(families.families())
