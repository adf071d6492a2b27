"""One PettingZoo ``ParallelEnv`` (pettingzoo.farama.org/api/parallel).

Its traps, and what is done about them: agents disappear from ``agents`` when they are done, others may appear (slots
are those of ``possible_agents``; who is not in ``agents`` does not act); every agent has its own ``terminations`` and
``truncations`` (the episode is over when nobody is left); ``Discrete`` spaces may start at another number than 0;
``state()`` may not exist (it is called only if declared, and its absence is an error).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Actions, Moment
from compose.envs.adapters.telling import tells
from compose.language.diagnostics import did_you_mean


class ParallelGame:
    """A copy of a parallel environment.

    Raises:
        SpecError: If its agents or actions are not what was declared.
    """

    def __init__(self, env: Any, agents: tuple[str, ...] | None, slots: int, where: str, state: int | None) -> None:
        self._env, self._where, self._state_size = env, where, state
        if not hasattr(env, "possible_agents") or hasattr(env, "agent_iter"):
            kind = type(env).__name__
            hint = "pettingzoo.utils.conversions.aec_to_parallel makes one of a turn-based environment" \
                if hasattr(env, "agent_iter") else ""
            raise failed("adapter.api", where, f"{kind} is no PettingZoo ParallelEnv", hint)
        possible = list(env.possible_agents)
        for name in agents or ():
            if name not in possible:
                hint = did_you_mean(name, map(str, possible))
                raise failed("adapter.agents", where, f"the environment has no agent '{name}': {possible}", hint)
        self._agents = list(agents) if agents else possible
        if len(self._agents) != slots or len(possible) != slots:
            raise failed("adapter.agents", where,
                         f"the schema has {slots} agent slots, the environment {len(possible)} agents: {possible}")
        spaces = [env.action_space(agent) for agent in self._agents]
        self.told = tells(spaces, [str(agent) for agent in self._agents], where)

    def reset(self, seed: int) -> Moment:
        """See :meth:`Game.reset`."""
        observations, infos = self._env.reset(seed=seed)
        self._live = self._alive()
        return self._moment(observations, infos)

    def step(self, action: Actions) -> Moment:
        """See :meth:`Game.step`; actions of agents that are not there are dropped."""
        chosen = {agent: told(a) for agent, a, told, live
                  in zip(self._agents, action, self.told, self._live, strict=True) if live}
        observations, rewards, terminations, truncations, infos = self._env.step(chosen)
        terminated = [bool(terminations.get(agent, False)) for agent in self._agents]
        truncated = [bool(truncations.get(agent, False)) for agent in self._agents]
        gone = [end or cut for end, cut in zip(terminated, truncated, strict=True)]
        before = self._live
        self._live = [live and not g for live, g in zip(self._alive(), gone, strict=True)]
        over = not any(self._live)
        if over and not any(g for g, lived in zip(gone, before, strict=True) if lived):
            raise failed("adapter.end", self._where, "all agents are gone, but none was terminated or truncated")
        moment = self._moment(observations, infos)
        moment.reward = [float(rewards[agent]) for agent in self._agents if agent in rewards]
        moment.rewards = [float(rewards.get(agent, 0.0)) for agent in self._agents]
        moment.terminated, moment.truncated, moment.over = terminated, truncated, over
        return moment

    def _alive(self) -> list[bool]:
        there = set(self._env.agents)
        return [agent in there for agent in self._agents]

    def _moment(self, observations: dict[str, Any], infos: dict[str, dict[str, Any]]) -> Moment:
        return Moment([observations.get(agent) for agent in self._agents],
                      [infos.get(agent) or {} for agent in self._agents], self._live, state=self._state())

    def _state(self) -> NDArray[np.float32] | None:
        if self._state_size is None:
            return None
        try:
            state = np.asarray(self._env.state(), np.float32).ravel()
        except (NotImplementedError, AttributeError) as error:
            text = f"state() is not there: {type(error).__name__}: {error}"
            raise failed("adapter.state", self._where, text, "write `state: joined`, or none") from error
        if state.size != self._state_size:
            raise failed("adapter.state", self._where, f"the state has {state.size} numbers, not {self._state_size}")
        return state
