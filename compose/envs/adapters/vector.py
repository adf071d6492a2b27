"""A Gymnasium ``VectorEnv`` whose rows are episodes of all agents at once.

What a vector environment does with an episode that has ended is said by ``metadata["autoreset_mode"]``. The observation
that ends an episode is what values bootstrap from, and each mode keeps it in another place:

- ``NextStep``: it is returned, and the row's next step only resets (its reward and action mean nothing);
- ``SameStep``: the row already shows the next episode, and ``final_obs`` and ``final_info`` hold the last one;
- ``Disabled``: it is returned, and the row must be reset by hand (``reset_mask``) before anybody steps again.

Whatever follows in a row after its episode is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Actions, Moment
from compose.envs.adapters.gymma import joint, split
from compose.envs.adapters.telling import Told

MODES = ("NextStep", "SameStep", "Disabled")


class VectorGames:
    """All episodes in one vector environment; ``make(n)`` gives one with n rows.

    Raises:
        SpecError: If its agents, actions or autoreset mode are none that can be played.
    """

    def __init__(self, make: Callable[[int], Any], slots: int, where: str) -> None:
        self._make, self._slots, self._where = make, slots, where
        self._env = make(1)
        self._mode = self._read_mode()
        self.told = joint(self._env.single_action_space, slots, where)
        told = [one for one in self.told if isinstance(one, Told) and not one.of]
        if len(told) < slots:
            text = "agents that choose several things at once, or numbers, cannot be played in a vector environment"
            raise failed("adapter.actions", where, text, "declare the environment itself, with api: gymnasium")
        self._start = [one.start[0] for one in told]
        self._flat = hasattr(self._env.single_action_space, "nvec")

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """See :meth:`Games.reset`."""
        if self._env.num_envs != len(seeds):
            self._env.close()
            self._env = self._make(len(seeds))
        observation, info = self._env.reset(seed=[int(seed) for seed in seeds])
        return [self._moment(observation, info, row, True) for row in range(len(seeds))]

    def step(self, action: Actions, running: NDArray[np.bool_]) -> list[Moment | None]:
        """See :meth:`Games.step`; rows whose episode is over are stepped along and not read."""
        columns = action + np.asarray(self._start)
        given = columns if self._flat else tuple(np.ascontiguousarray(columns.T))
        observation, reward, terminated, truncated, info = self._env.step(given)
        ended, cut = np.asarray(terminated, bool), np.asarray(truncated, bool)
        over = ended | cut
        if np.ndim(reward) != 1:
            text = f"expected one reward for each episode, got shape {np.shape(reward)}"
            raise failed("adapter.reward", self._where, text)
        moments: list[Moment | None] = []
        for row, runs in enumerate(running):
            seen, told = observation, info
            if runs and over[row] and self._mode == "SameStep":
                seen, told = self._final(info, row)
            moment = self._moment(seen, told, row, not over[row]) if runs else None
            if moment is not None:
                moment.reward, moment.over = [float(reward[row])], bool(over[row])
                moment.terminated = [bool(ended[row])] * self._slots
                moment.truncated = [bool(cut[row])] * self._slots
            moments.append(moment)
        if self._mode == "Disabled" and over.any():
            self._env.reset(options={"reset_mask": over})
        return moments

    def _read_mode(self) -> str:
        mode = (getattr(self._env, "metadata", None) or {}).get("autoreset_mode")
        value = getattr(mode, "value", mode)
        if value not in MODES:
            told = "does not say its autoreset mode" if mode is None else f"has the autoreset mode {mode!r}"
            raise failed("adapter.autoreset", self._where, f"the vector environment {told}",
                         f"metadata['autoreset_mode'] must be one of {', '.join(MODES)}")
        return str(value)

    def _final(self, info: Mapping[str, Any], row: int) -> tuple[Any, Any]:
        """The last observation and info of an episode whose row already shows the next one, as batches of one."""
        if "final_obs" not in info:
            raise failed("adapter.autoreset", self._where, "an episode ended in a step that resets it, "
                         "but info has no 'final_obs', so what it ended with is lost")
        last = info["final_obs"]
        agents = [part[row] for part in last] if isinstance(last, tuple) else last[row]
        return _Agents(agents), _at(info.get("final_info", {}), row)

    def _moment(self, observation: Any, info: Any, row: int, live: bool) -> Moment:
        if isinstance(observation, _Agents):
            return Moment(list(observation), split(info, self._slots), [live] * self._slots)
        if not isinstance(observation, tuple | list) or len(observation) != self._slots:
            text = f"expected a tuple of {self._slots} batched observations, one for each agent"
            raise failed("adapter.observation", self._where, f"{text}, got {type(observation).__name__}")
        rows = [_at(part, row) if isinstance(part, Mapping) else part[row] for part in observation]
        return Moment(rows, split(_at(info, row), self._slots), [live] * self._slots)


class _Agents(list[Any]):
    """Observations of one episode's agents, not of a batch."""


def _at(batched: Mapping[str, Any], row: int) -> dict[str, Any]:
    """One row of a dict of arrays, without what the array ``_key`` says that the row did not tell."""
    told = {}
    for key, value in batched.items():
        flags = batched.get(f"_{key}")
        is_flag = key.startswith("_") and key[1:] in batched
        if not is_flag and (flags is None or flags[row]):
            told[key] = _at(value, row) if isinstance(value, Mapping) else value[row]
    return told
