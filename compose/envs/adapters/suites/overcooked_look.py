"""Kitchens of Overcooked: played through the package's ``OvercookedGridworld``, and what they look like."""

from __future__ import annotations

import contextlib
import io
import warnings
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete, Tuple

from compose.envs.adapters.suites.look import Flags, Floats
from compose.graph.schema import EntitySchema

TERRAIN = {"P": "pot", "O": "onions", "D": "dishes", "X": "counter", "S": "serving"}
HELD = ("onion", "dish", "soup")


class KitchenEnv(gymnasium.Env[Any, Any]):
    """The package's own environment class wants a planner, which wants more packages; rules need the grid world alone.

    Args:
        layout: A kitchen's name in the package.
        limit: Steps that the package's encoding counts towards the end.
        shaping: The weight of rewards that are no soups.
    """

    def __init__(self, layout: str, limit: int, shaping: float) -> None:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")  # the package imports gym, which says that it is no longer maintained
            world = import_module("overcooked_ai_py.mdp.overcooked_mdp").OvercookedGridworld
            actions = import_module("overcooked_ai_py.mdp.actions").Action
        self.world, self._limit, self._shaping = world.from_layout_name(layout), limit, shaping
        self._actions = list(actions.INDEX_TO_ACTION)
        size = int(np.prod(self.world.get_lossless_state_encoding_shape()))
        self.observation_space = Tuple([Box(-np.inf, np.inf, (size,), np.float32)] * 2)
        self.action_space = Tuple([Discrete(len(self._actions))] * 2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.state = self.world.get_standard_start_state()
        return self._told(), {}

    def step(self, action: Any) -> Any:
        self.state, info = self.world.get_state_transition(self.state, tuple(self._actions[int(a)] for a in action))
        soups, steps = sum(info["sparse_reward_by_agent"]), sum(info["shaped_reward_by_agent"])
        return self._told(), float(soups + self._shaping * steps), False, False, {"served": soups > 0}

    def _told(self) -> Any:
        return tuple(np.asarray(x, np.float32).ravel() for x in
                     self.world.lossless_state_encoding(self.state, horizon=self._limit))


class OvercookedLook:
    """Looks at a :class:`KitchenEnv`."""

    def __init__(self, env: KitchenEnv, schema: EntitySchema, kinds: tuple[str, ...]) -> None:
        self._env, self._schema = env, schema
        grid = env.world.terrain_mtx
        near = [(kinds.index(TERRAIN[grid[y][x]]), y, x) for y, row in enumerate(grid) for x, cell in enumerate(row)
                if cell != " " and any(_floor(grid, x + a, y + b) for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0)))]
        self._cells = {(x, y): (2 + place, kind) for place, (kind, y, x) in enumerate(sorted(near))}
        if len(near) != schema.others:
            raise ValueError(f"the kitchen has {len(near)} cells next to the floor, not {schema.others}")
        ends = np.cumsum([feature.size for feature in schema.features])
        self._at = {f.name: int(end) - f.size for f, end in zip(schema.features, ends, strict=True)}
        self._fixed = np.zeros((schema.entities, schema.sizes["feature"]), np.float32)
        self._fixed[:2, 0] = 1
        for (x, y), (row, kind) in self._cells.items():
            self._fixed[row, 1 + kind] = 1
            self._fixed[row, self._at["place"] : self._at["place"] + 2] = x / 5, y / 5

    def begin(self) -> None:
        """All that changes is in the state."""

    def entities(self) -> Floats:
        """(entity feature)."""
        rows, at, state = self._fixed.copy(), self._at, self._env.state
        for row, cook in zip(rows, state.players, strict=False):
            row[at["place"] : at["place"] + 2] = np.array(cook.position) / 5
            row[at["faces"] + self._env._actions.index(cook.orientation)] = 1
            if cook.has_object():
                row[at["holds"] + HELD.index(cook.get_object().name)] = 1
        for place, thing in state.objects.items():
            row = rows[self._cells[place][0]]
            if self._env.world.terrain_mtx[place[1]][place[0]] == "P":
                row[at["onions"]] = len(thing.ingredients) / 3
                done = thing.is_ready or not thing.is_cooking
                row[at["cooking"]] = float(thing.is_ready) if done else 1 - thing.cook_time_remaining / thing.cook_time
            else:
                row[at["holds"] + HELD.index(thing.name)] = 1
        return rows

    def visible(self) -> Flags:
        """(agent entity): all see all."""
        return np.ones((2, self._schema.entities), bool)

    def reached(self) -> bool:
        """Infos say it."""
        return False


def _floor(grid: Any, x: int, y: int) -> bool:
    return 0 <= y < len(grid) and 0 <= x < len(grid[y]) and grid[y][x] == " "
