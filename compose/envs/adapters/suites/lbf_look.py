"""What a game of Level-Based Foraging looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.suites.look import Flags, Floats
from compose.graph.schema import EntitySchema


def game(**arguments: Any) -> Any:
    """A ``ForagingEnv`` whose episodes depend on their seed alone. The package keeps cells free at the beginning on
    which players ended the episode before."""
    from lbforaging.foraging.environment import ForagingEnv

    class Forgetful(ForagingEnv):  # type: ignore[misc]
        def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            for player in self.players:
                player.position = None
            return super().reset(seed=seed, options=options)

    return Forgetful(**arguments)


class LbfLook:
    """Looks at a ``ForagingEnv``. Foods keep the slots that they have at the beginning, row by row of the grid."""

    def __init__(self, env: Any, schema: EntitySchema, highest: int) -> None:
        self._env, self._schema, self._highest = env, schema, highest

    def begin(self) -> None:
        """Foods get their slots; where the grid was too full for all, the last ones are as if lifted."""
        self._cells = np.full((self._schema.others, 2), -1)
        cells = np.argwhere(self._env.field > 0)
        self._cells[: len(cells)] = cells

    def entities(self) -> Floats:
        """(entity feature)."""
        agents, levels = self._schema.agents, self._levels()
        there = levels > 0
        rows = np.zeros((len(levels), 5), np.float32)
        rows[:agents, 0], rows[agents:, 1] = 1, 1
        rows[:, 2:4] = self._places() / np.array(self._env.field_size)
        rows[:, 4] = levels / self._highest
        return rows * there[:, None]

    def visible(self) -> Flags:
        """(agent entity). Foods are seen ``sight`` cells far. Players too, and at the upper and left border as far as
        the window would reach if it began there, as the package has it."""
        agents, sight, places = self._schema.agents, self._env.sight, self._places()
        own = places[:agents, None]
        away = places - own
        foods = (np.abs(away) <= sight).all(2) & (self._levels() > 0)
        within = away + np.minimum(sight, own)
        players = ((within >= 0) & (within <= 2 * sight)).all(2)
        return np.concatenate((players[:, :agents], foods[:, agents:]), 1)

    def reached(self) -> bool:
        """All foods are lifted."""
        return not self._env.field.any()

    def _places(self) -> NDArray[np.int64]:
        return np.concatenate((np.array([player.position for player in self._env.players]), self._cells))

    def _levels(self) -> NDArray[np.int64]:
        foods = np.where(self._cells[:, 0] >= 0, self._env.field[self._cells[:, 0], self._cells[:, 1]], 0)
        return np.concatenate(([player.level for player in self._env.players], foods))
