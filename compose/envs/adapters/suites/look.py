"""Entities that are read off a game itself, where its observations tell them in a way that differs for each agent."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.games import Actions, Game, Moment

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Look(Protocol):
    """Looks at one copy of an environment, whose public attributes it reads and never changes."""

    def begin(self) -> None:
        """An episode has begun."""

    def entities(self) -> Floats:
        """(entity feature) as the schema says."""

    def visible(self) -> Flags:
        """(agent entity): whose row an agent may know, which is what its own observation tells of, and no more."""

    def reached(self) -> bool:
        """Whether the goal is reached."""


class Looked:
    """A game whose moments hold entities."""

    def __init__(self, game: Game, look: Look) -> None:
        self._game, self._look = game, look
        self.told = game.told

    def reset(self, seed: int) -> Moment:
        """See :meth:`Game.reset`."""
        moment = self._game.reset(seed)
        self._look.begin()
        return self._seen(moment)

    def step(self, action: Actions) -> Moment:
        """See :meth:`Game.step`."""
        moment = self._seen(self._game.step(action))
        moment.reached = self._look.reached()
        return moment

    def _seen(self, moment: Moment) -> Moment:
        moment.entities, moment.visible = self._look.entities(), self._look.visible()
        return moment


def inner(env: Any) -> Any:
    """The environment under wrappers and conversions of Gymnasium and PettingZoo."""
    while True:
        under = env.unwrapped if hasattr(env, "unwrapped") else env
        under = getattr(under, "aec_env", under)
        if under is env:
            return env
        env = under
