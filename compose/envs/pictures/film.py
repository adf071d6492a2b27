"""An environment that is filmed while it is played."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from compose.envs.interface import Environment, Fields, Transition
from compose.envs.pictures.places import Places
from compose.envs.pictures.scene import Camera, Moment, Overlay, Stage
from compose.kernels.random import Seeds

MARGIN = 1.0
"""Around the units, where the stage does not say what is shown."""
NARROWEST, WIDEST = 0.9, 2.6
"""Width over height of what is shown."""
LEAST = 6.0
"""Of what is shown, the least height."""


@dataclass
class Film:
    """One episode."""

    stage: Stage
    moments: list[Moment] = field(default_factory=list)
    success: bool = False
    overlay: Overlay | None = None
    """What is laid over it."""

    @property
    def length(self) -> float:
        """In steps."""
        return self.moments[-1].time

    def at(self, time: float) -> Moment:
        """The last moment up to a time."""
        return self.moments[bisect_right(self.moments, time, key=lambda moment: moment.time) - 1]

    def recent(self, time: float, span: float) -> list[Moment]:
        """The moments of the last ``span`` steps before a time, that time's own included."""
        first, last = (bisect_right(self.moments, x, key=lambda moment: moment.time) for x in (time - span, time))
        return self.moments[first:last]

    def area(self) -> tuple[float, float, float, float]:
        """What is shown: left, bottom, right, top."""
        if self.stage.area is not None:
            return self.stage.area
        radius = self.stage.radius[:, None] + MARGIN
        low = np.min([(m.position - radius)[m.alive].min(0) for m in self.moments if m.alive.any()], axis=0)
        high = np.max([(m.position + radius)[m.alive].max(0) for m in self.moments if m.alive.any()], axis=0)
        middle, size = (low + high) / 2, high - low
        height = max(size[1], LEAST, size[0] / WIDEST)
        width = max(size[0], height * NARROWEST)
        half = np.array((width, height)) / 2
        if self.stage.cells is not None:
            shape = np.array(self.stage.cells.shape[::-1])
            middle = np.where(2 * half < shape, np.clip(middle, half, shape - half), shape / 2)
        (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
        return left, bottom, right, top


class Filmed(Environment):
    """An environment whose first episode of a batch is kept as a :class:`Film`; all else is as ever."""

    film: Film

    def __init__(self, env: Environment, camera: Camera) -> None:
        self.schema, self.device = env.schema, env.device
        self._env, self._camera = env, camera

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """See :attr:`Environment.measures`."""
        return self._env.measures

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin a new film; see :meth:`Environment.reset`."""
        fields = self._env.reset(episodes, seed)
        self.film = Film(self._camera.stage(fields), self._camera.look(fields))
        self._running = True
        return fields

    def step(self, action: Tensor) -> Transition:
        """Go on, as long as the episode does; see :meth:`Environment.step`."""
        after = self._env.step(action)
        if self._running:
            self.film.moments += self._camera.look(after.fields)
            self.film.success |= bool(after.success[0])
            self._running = not bool(after.terminated[0] | after.truncated[0])
        return after


def camera_of(env: Environment) -> Camera | None:
    """The environment's own camera, or one for any environment whose schema has the field ``position``; None: it has
    neither, so that there is nothing to see."""
    return env.camera() or (Places(env.schema) if "position" in env.schema.fields else None)
