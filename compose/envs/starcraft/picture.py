"""Pictures of StarCraft's battles, wherever they are fought: what stays the same, and a camera that needs no more than
fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compose.envs.interface import Fields
from compose.envs.pictures.scene import CLIFF, FLOOR, WALL, Bools, Floats, Ints, Moment, Stage
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.terrain import CENTRE, SIZE, walkable
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


class UnitCamera:
    """Looks at battles through the fields of :func:`~compose.envs.starcraft.schema.entity_schema`, once a step: units
    are seen, but not whom they hit."""

    def __init__(self, schema: EntitySchema, scenario: Scenario) -> None:
        self._schema, self._scenario = schema, scenario
        ends = np.cumsum([feature.size for feature in schema.features])
        self._at = {feature.name: slice(int(end) - feature.size, int(end))
                    for feature, end in zip(schema.features, ends, strict=True)}

    def stage(self, fields: Fields) -> Stage:
        """See :class:`~compose.envs.pictures.scene.Camera`."""
        self._here = np.flatnonzero(fields["present"][0].cpu().numpy())
        places = np.array([list(UNITS).index(kind) for kind in self._scenario.kinds])
        kinds = places[self._read(fields, "unit_type").argmax(1)] if len(places) > 1 else places[0 * self._here]
        ally = self._here < self._schema.agents
        found = stage(self._schema, self._scenario, int(fields["task"][0]), kinds, ally)
        first = {meter: self._read(fields, meter)[:, 0] > 0 for meter in found.meters}
        self._has = {meter: has for meter, has in first.items() if has.any()}  # SMAX's units have no shields
        self._time, self._position = 0, np.zeros((len(kinds), 2))
        return replace(found, meters=tuple(self._has))

    def look(self, fields: Fields) -> list[Moment]:
        """See :class:`~compose.envs.pictures.scene.Camera`. The dead stay where they were seen last."""
        alive = self._read(fields, "health")[:, 0] > 0
        place = self._read(fields, "from_centre") * SIZE + CENTRE
        self._position = np.where(alive[:, None], place, self._position)
        meters = np.stack([np.where(has, self._read(fields, meter)[:, 0], np.nan) for meter, has in self._has.items()])
        self._time += 1
        return [Moment(self._time - 1, self._position, alive, np.clip(meters, 0, 1))]

    def _read(self, fields: Fields, feature: str) -> Floats:
        """[unit number], of those who take part."""
        found: Floats = fields["entities"][0, :, self._at[feature]].cpu().double().numpy()[self._here]
        return found
