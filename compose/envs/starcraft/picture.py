"""What pictures of StarCraft's battles show that stays the same, wherever the battles are fought."""

from __future__ import annotations

import numpy as np

from compose.envs.pictures.scene import CLIFF, FLOOR, WALL, Bools, Ints, Stage
from compose.envs.starcraft.scenario import Scenario
from compose.envs.starcraft.terrain import walkable
from compose.envs.starcraft.units import UNITS
from compose.graph.schema import EntitySchema


def stage(schema: EntitySchema, scenario: Scenario, task: int, kinds: Ints, ally: Bools) -> Stage:
    """The stage of a battle, in cells from the lower left corner of the map.

    Args:
        schema: Of the environment.
        scenario: Of the environment.
        task: The number of the task.
        kinds: [unit] of those who take part, their places in ``UNITS``.
        ally: [unit].
    """
    names = tuple(UNITS)
    here = sorted(set(kinds.tolist()))
    units = [UNITS[names[kind]] for kind in kinds]
    foot, giant = walkable(scenario.terrain), walkable(scenario.terrain, giant=True)
    return Stage(
        name=schema.name,
        limit=schema.limit,
        sides=("allies", "enemies"),
        kinds=tuple(names[kind] for kind in here),
        side=np.stack((ally, ~ally), 1),
        kind=np.array([here.index(kind) for kind in kinds], np.int64),
        radius=np.array([unit.radius for unit in units]),
        task=scenario.tasks[task].name if len(scenario.tasks) > 1 else "",
        meters=("health", "shield") if any(unit.shield for unit in units) else ("health",),
        cells=np.where(foot, FLOOR, np.where(giant, CLIFF, WALL)).astype(np.uint8),
        words=("won", "lost"),
    )
