"""One Gymnasium environment that plays all agents at once, as Level-Based Foraging and RWARE do.

Its observation is a tuple (or list) of the agents' observations, its action a tuple of theirs, its reward one number or
a list. ``terminated`` and ``truncated`` are one flag for all or a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Actions, Moment
from compose.envs.adapters.telling import Tell, Told, tells

INDEXED = (list, tuple, np.ndarray)


class GymnasiumGame:
    """A copy of such an environment.

    Raises:
        SpecError: If its agents or actions are not what was declared.
    """

    def __init__(self, env: Any, slots: int, where: str, team: bool) -> None:
        self._env, self._slots, self._where, self._team = env, slots, where, team
        self.told = joint(env.action_space, slots, where)

    def reset(self, seed: int) -> Moment:
        """See :meth:`Game.reset`."""
        observation, info = self._env.reset(seed=seed)
        self._live = [True] * self._slots
        return self._moment(observation, info)

    def step(self, action: Actions) -> Moment:
        """See :meth:`Game.step`."""
        joint_action = tuple(told(a) for a, told in zip(action, self.told, strict=True))
        observation, reward, terminated, truncated, info = self._env.step(joint_action)
        ended, cut = self._flags(terminated, "terminated"), self._flags(truncated, "truncated")
        self._live = [live and not (e or c) for live, e, c in zip(self._live, ended, cut, strict=True)]
        moment = self._moment(observation, info)
        moment.reward = self._reward(reward)
        moment.rewards = None if self._team else moment.reward
        moment.terminated, moment.truncated, moment.over = ended, cut, not any(self._live)
        return moment

    def _flags(self, flags: Any, name: str) -> list[bool]:
        if not isinstance(flags, INDEXED) or np.ndim(flags) == 0:
            return [bool(flags)] * self._slots
        if len(flags) != self._slots:
            raise failed("adapter.end", self._where, f"{name} has {len(flags)} flags for {self._slots} agents")
        return [bool(flag) for flag in flags]

    def _reward(self, reward: Any) -> list[float]:
        several = isinstance(reward, INDEXED) and np.ndim(reward) > 0
        if several == self._team:
            got = f"a list of {len(reward)} rewards" if several else f"one reward ({reward})"
            hint = "say sum, mean or same" if several else "say team"
            raise failed("adapter.reward", self._where, f"the environment gives {got}, which is not as declared", hint)
        if several and len(reward) != self._slots:
            raise failed("adapter.reward", self._where, f"got {len(reward)} rewards for {self._slots} agents")
        return [float(r) for r in reward] if several else [float(reward)]

    def _moment(self, observation: Any, info: Mapping[str, Any]) -> Moment:
        if not isinstance(observation, INDEXED) or len(observation) != self._slots:
            got = len(observation) if isinstance(observation, INDEXED) else type(observation).__name__
            text = f"expected a tuple of {self._slots} observations, one for each agent, got {got}"
            raise failed("adapter.observation", self._where, text)
        return Moment(list(observation), split(info, self._slots), self._live)


def joint(space: Any, slots: int, where: str) -> list[Tell]:
    """How each agent is told its action.

    Raises:
        SpecError: If the space is not that of ``slots`` agents with ``Discrete``, ``MultiDiscrete`` or ``Box`` actions.
    """
    from gymnasium.spaces import MultiDiscrete, Tuple

    if isinstance(space, MultiDiscrete) and space.nvec.ndim == 1:
        told: list[Tell] = [Told((int(start),), int(n)) for start, n in zip(space.start, space.nvec, strict=True)]
    elif isinstance(space, Tuple):
        told = tells(space.spaces, [f"agent {i}" for i in range(len(space.spaces))], where)
    else:
        raise failed("adapter.actions", where, f"the action space is {space}, not a Tuple of the agents' own")
    if len(told) != slots:
        text = f"the schema has {slots} agent slots, the environment {len(told)} agents"
        raise failed("adapter.agents", where, text)
    return told


def split(info: Mapping[str, Any], slots: int) -> list[dict[str, Any]]:
    """The agents' infos of one: what has an item for each agent is dealt out, the rest is everybody's."""
    def part(value: Any, i: int) -> Any:
        dealt = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) and len(value) == slots
        return value[i] if dealt else value

    return [{key: part(value, i) for key, value in info.items()} for i in range(slots)]
