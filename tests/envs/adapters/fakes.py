"""Small environments of the other APIs, which do what a test tells them, and the files that declare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
import yaml
from gymnasium.spaces import Box, Discrete, Tuple
from pettingzoo import ParallelEnv

from compose.envs.adapters import Gymnasium, GymnasiumVector, PettingZoo
from compose.envs.interface import Environment, Fields
from compose.kernels.random import Seeds

NAMES = ("ann", "bob", "cat")
SIZE = 4

Events = dict[int, dict[str, str]]
"""At the end of which step does an agent leave (``terminated``, ``truncated``) or ``join``."""


class Meadow(ParallelEnv[str, Any, int]):
    """Agents stand still. Each observes [the step, its number, the sheep's place, the sheep's place seen from its own].

    The place of an agent is its number; the sheep's is drawn by the seed. An agent's reward is the action it took.
    """

    metadata = {"name": "meadow"}  # noqa: RUF012 (as PettingZoo has it)

    def __init__(self, events: Events | None = None, begin: tuple[str, ...] = NAMES, mask: str = "", start: int = 0,
                 length: int = 99, has_state: bool = True) -> None:
        self.possible_agents = list(NAMES)
        self._events, self._begin, self._mask, self._length = events or {}, begin, mask, length
        self._start, self._has_state = start, has_state
        self.taken: list[dict[str, int]] = []

    def observation_space(self, agent: str) -> Box:
        return Box(-np.inf, np.inf, (SIZE,))

    def action_space(self, agent: str) -> Discrete:
        return Discrete(3, start=self._start)

    def state(self) -> Any:
        return np.array([self._time, self._sheep], np.float32) if self._has_state else super().state()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self._time, self._sheep = 0, float(np.random.default_rng(seed).integers(100))
        self.agents = list(self._begin)
        return self._told(self.agents)

    def step(self, actions: dict[str, int]) -> Any:
        assert set(actions) == set(self.agents)
        self.taken.append(dict(actions))
        self._time += 1
        before, events = list(self.agents), self._events.get(self._time, {})
        late = dict.fromkeys(before, self._time >= self._length)
        terminations = {a: events.get(a) == "terminated" for a in before}
        truncations = {a: events.get(a) == "truncated" or late[a] for a in before}
        joined = [a for a in self.possible_agents if events.get(a) == "join"]
        self.agents = [a for a in before if not (terminations[a] or truncations[a])] + joined
        observations, infos = self._told([*before, *joined])
        return observations, {a: float(actions[a]) for a in before}, terminations, truncations, infos

    def _told(self, agents: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        observations: dict[str, Any] = {}
        infos: dict[str, Any] = {a: {} for a in agents}
        for a in agents:
            i = NAMES.index(a)
            seen = np.array([self._time, i, self._sheep, self._sheep - i], np.float32)
            allowed = np.array([1, i != 0, i != 1], np.int8)
            infos[a] = {"action_mask": allowed} if self._mask == "info" else {}
            observations[a] = {"observation": seen, "action_mask": allowed} if self._mask == "observation" else seen
        return observations, infos


class Pair(gymnasium.Env[Any, Any]):
    """Two agents; each observes [the step, the seed's number]. The reward is each one's action, as a list or summed."""

    def __init__(self, length: int = 3, team: bool = False, truncates: bool = False, own_flags: bool = False) -> None:
        self.observation_space = Tuple([Box(-np.inf, np.inf, (2,), np.float32)] * 2)
        self.action_space = Tuple([Discrete(2), Discrete(3)])
        self._length, self._team, self._truncates, self._own_flags = length, team, truncates, own_flags

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self._time, self._number = 0, int(self.np_random.integers(1000))
        return self._told(), {}

    def step(self, action: Any) -> Any:
        self._time += 1
        over = self._time >= self._length + self._number % 2
        rewards = [float(a) for a in action]
        flags: list[Any] = [over and not self._truncates, over and self._truncates]
        if self._own_flags:
            flags = [[flag] * 2 for flag in flags]
        return self._told(), sum(rewards) if self._team else rewards, *flags, {"found": [over, False]}

    def _told(self) -> Any:
        return tuple(np.array([self._time, self._number], np.float32) for _ in range(2))


def meadow_file(folder: Path, **changes: Any) -> Path:
    """The file of :class:`Meadow`; ``changes`` are made in its adapter section (None deletes)."""
    adapter = {
        "api": "pettingzoo", "agents": list(NAMES), "observation": {"size": SIZE}, "reward": "sum",
        "rows": [
            {"of": "agent", "from": "own", "visible": "all", "features": {"place": {"at": 1}, "who": {"slot": True}}},
            {"of": "other", "from": "observed", "visible": "all",
             "features": {"place": {"at": 3, "relative_to": 1}, "who": {"value": [0, 0, 0]}}},
        ],
    }
    return _written(folder, adapter, changes, name="meadow", agents=3, entities=4, fewest_agents=1, types=[
        {"name": "shepherd", "side": "agent", "min": 1, "max": 3},
        {"name": "sheep", "side": "other", "min": 1, "max": 1},
    ], features=[{"name": "place", "size": 1, "kind": "float"}, {"name": "who", "size": 3, "kind": "one_hot"}],
        actions=[{"name": "call", "count": 3}])


def pair_file(folder: Path, **changes: Any) -> Path:
    """The file of :class:`Pair`."""
    adapter = {
        "api": "gymnasium", "observation": {"size": 2}, "reward": "sum",
        "rows": [{"of": "agent", "from": "own", "visible": "self", "features": {"time": {"at": 0}}}],
    }
    return _written(folder, adapter, changes, name="pair", agents=2, entities=2,
                    types=[{"name": "player", "side": "agent", "min": 2, "max": 2}],
                    features=[{"name": "time", "size": 1, "kind": "float"}], actions=[{"name": "pick", "count": 3}])


def _written(folder: Path, adapter: dict[str, Any], changes: dict[str, Any], **schema: Any) -> Path:
    of_schema = {"limit", "truncates", "fewest_agents", "actions"} & changes.keys()
    outside = {key: changes.pop(key) for key in of_schema}
    adapter = {key: value for key, value in {**adapter, **changes}.items() if value is not None}
    data = {**schema, "summary": "A test.", "limit": 6, "truncates": True, **outside, "adapter": adapter}
    path = folder / f"{schema['name']}.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


def meadow(folder: Path, changes: dict[str, Any] | None = None, **settings: Any) -> Environment:
    """:class:`Meadow`, adapted."""
    return played(PettingZoo(lambda: Meadow(**settings), meadow_file(folder, **(changes or {}))))


def pair(folder: Path, changes: dict[str, Any] | None = None, **settings: Any) -> Environment:
    """:class:`Pair`, adapted."""
    return played(Gymnasium(lambda: Pair(**settings), pair_file(folder, **(changes or {}))))


def played(family: PettingZoo | Gymnasium | GymnasiumVector) -> Environment:
    """The environment of a family, as the catalogue would make it."""
    settings = family.instances[""]
    return family.make("", family.schema("", settings), settings, "cpu")


def begun(env: Environment, episodes: int | list[int] = 1, seed: Seeds = 0) -> Fields:
    """The first fields of some episodes."""
    return env.reset(torch.tensor(range(episodes) if isinstance(episodes, int) else episodes), seed)


def act(*actions: int, batch: int = 1) -> torch.Tensor:
    """The same joint action for all episodes."""
    return torch.tensor([actions]).expand(batch, -1)
