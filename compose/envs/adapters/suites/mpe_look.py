"""What a world of MPE looks like."""

from __future__ import annotations

from typing import Any

import numpy as np

from compose.envs.adapters.suites.look import Flags, Floats
from compose.graph.schema import EntitySchema

NEAR = 0.1
"""How near to a landmark an agent covers it, as the package's own end of simple_spread has it."""


class MpeLook:
    """Looks at a ``SimpleEnv``: its world's agents and landmarks."""

    def __init__(self, env: Any, schema: EntitySchema) -> None:
        self._world, self._schema = env.world, schema
        ends = np.cumsum([feature.size for feature in schema.features])
        self._at = {f.name: slice(int(end) - f.size, int(end)) for f, end in zip(schema.features, ends, strict=True)}

    def begin(self) -> None:
        """All that changes is in the world."""

    def entities(self) -> Floats:
        """(entity feature)."""
        world, agents, at = self._world, self._schema.agents, self._at
        rows = np.zeros((self._schema.entities, self._schema.sizes["feature"]), np.float32)
        for i, one in enumerate((*world.agents, *world.landmarks)):
            rows[i, self._type(i)] = 1
            rows[i, at["place"]] = one.state.p_pos if one.movable or i >= agents else 0
        for i, agent in enumerate(world.agents):
            rows[i, at["velocity"]] = agent.state.p_vel
        if "knows" in at:
            rows[agents:, at["landmark"]] = np.eye(len(world.landmarks))
            for i, agent in enumerate(world.agents):
                goal = agent._goal_b
                rows[i, at["knows"]] = [landmark is goal for landmark in world.landmarks]
                other = world.agents[1 - i]
                if agent.movable and not other.silent:
                    rows[i, at["heard"]] = other.state.c
        return rows

    def visible(self) -> Flags:
        """(agent entity): each agent itself; those that move see landmarks; where nobody speaks, all see all."""
        agents = self._schema.agents
        sees = np.eye(agents, self._schema.entities, dtype=bool)
        sees[:, agents:] = [[agent.movable] for agent in self._world.agents]
        return sees | ("knows" not in self._at)

    def reached(self) -> bool:
        """Every landmark is covered, where that is the goal."""
        if "knows" in self._at:
            return False
        agents, landmarks = (np.array([one.state.p_pos for one in many])
                             for many in (self._world.agents, self._world.landmarks))
        away = np.linalg.norm(agents[:, None] - landmarks, axis=2)
        return bool((away.min(0) < NEAR).all())

    def _type(self, i: int) -> int:
        types = self._at["type"].stop - 1
        return types if i >= self._schema.agents else min(i, types - 1)
