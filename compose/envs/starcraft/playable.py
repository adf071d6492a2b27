"""Whether a scenario can be played: what is wrong with its armies, its ground and its points."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin
from typing import TYPE_CHECKING, NamedTuple

from compose.envs.starcraft.task import SIDES, Drawn, Point, Side, Squad, Task
from compose.envs.starcraft.terrain import CENTRE, TERRAINS, Cells, cells, rectangle
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import Path, did_you_mean

if TYPE_CHECKING:
    from compose.envs.starcraft.scenario_model import Scenario


class Problem(NamedTuple):
    """Something wrong: where in the scenario, what, and the nearest right name."""

    where: Path
    message: str
    hint: str = ""


def problems(scenario: Scenario) -> list[Problem]:
    """Everything that makes a scenario impossible, with its places."""
    if scenario.terrain not in TERRAINS:
        known = did_you_mean(scenario.terrain, TERRAINS) or f"terrains: {', '.join(TERRAINS)}"
        return [Problem(("terrain",), f"no terrain '{scenario.terrain}'", known)]
    found: list[Problem] = []
    for i, task in enumerate(scenario.tasks):
        for side in SIDES:
            wrong = [*_units(task, side), *_places(scenario, task, side)]
            found += [problem._replace(where=("tasks", i, side, *problem.where)) for problem in wrong]
        found += [Problem(("tasks", i), message) for message in _crowd(scenario, task)]
    names = [task.name for task in scenario.tasks]
    found += [Problem(("tasks", i), f"the task {name} is given twice")
              for i, name in enumerate(names) if name in names[:i]]
    if scenario.ring is not None and not _fits_ring(scenario):
        text = (f"armies may begin {scenario.ring.distance:g} and {scenario.ring.jitter:g} more from the centre, "
                f"and the terrain '{scenario.terrain}' is not walkable there")
        found.append(Problem(("ring",), text))
    found += _starts(scenario) if scenario.starts else ()
    if isinstance(scenario.goal, tuple) and _cell(scenario.goal) not in cells(scenario.terrain):
        text = f"nobody can walk to {_shown(scenario.goal)} on the terrain '{scenario.terrain}'"
        found.append(Problem(("goal",), text))
    if scenario.like is not None:
        found += [Problem(("like",), message) for message in unfit(scenario, scenario.like)]
    return found


def unfit(scenario: Scenario, other: Scenario) -> list[str]:
    """Why the battles of a scenario do not fit into the slots of ``other``."""
    found = []
    for side in SIDES:
        most, slots = max(task.size(side) for task in scenario.tasks), other.range(side)[1]
        if most > slots:
            found.append(f"{most} {side} do not fit into the {slots} slots of {other.name}")
    kinds = {kind for task in scenario.tasks for side in SIDES for kind in task.counts(side)}
    if strange := [kind for kind in UNITS if kind in kinds - set(other.kinds)]:
        found.append(f"{other.name} has no {' and no '.join(strange)}")
    if any(UNITS[kind].heal for task in scenario.tasks for kind in task.counts("allies")) and not other.heals:
        found.append(f"allies of {other.name} do not heal")
    if scenario.sight != other.sight:
        found.append(f"sight is {other.sight} in {other.name}, and {scenario.sight} here")
    return found


def _units(task: Task, side: Side) -> Iterator[Problem]:
    """An army without units, of unknown units, or of nobody who could fight."""
    squads = task.side(side)
    unknown = [(j, unit) for j, squad in enumerate(squads) for unit in squad.kinds if unit not in UNITS]
    for j, unit in unknown:
        yield Problem((j, unit), f"no unit '{unit}'", did_you_mean(unit, UNITS) or f"units: {', '.join(UNITS)}")
    if not squads:
        yield Problem((), f"no {side}: a battle needs both sides")
    elif not unknown and not any(_fights(squad) for squad in squads):
        yield Problem((), f"only {' and '.join(task.counts(side))} among the {side}: nobody there can fight")
    for j, squad in enumerate(squads):
        if isinstance(squad, Drawn) and not unknown and not _fights(squad):
            yield Problem((j,), "nobody is left to be drawn who may be in a team without others")


def _fights(squad: Squad | Drawn) -> bool:
    """Whether there is somebody with a weapon, in every team that can be drawn."""
    if isinstance(squad, Drawn):
        lone = [kind for kind, weight in squad.weights.items() if weight > 0 and kind not in squad.not_only]
        return bool(lone) and all(UNITS[kind].weapon for kind in lone)
    return UNITS[squad.unit].weapon is not None


def _places(scenario: Scenario, task: Task, side: Side) -> Iterator[Problem]:
    """Points and a ring, neither, or points where the units cannot be."""
    for j, squad in enumerate(task.side(side)):
        if scenario.ring is not None and squad.at is not None:
            yield Problem((j,), "a point, though the scenario has a ring", "give points or a ring")
        elif scenario.starts is not None and squad.at is not None:
            yield Problem((j,), "a point, though the scenario says where all begin", "give points or at")
        elif isinstance(squad, Drawn):
            if scenario.ring is None and scenario.starts is None:
                yield Problem((j,), "nothing says where drawn units begin", "at: random, or a ring for the scenario")
        elif scenario.ring is None and scenario.starts is None and squad.at is None:
            yield Problem((j,), f"nothing says where {squad.unit} begins", "at: [x, y], or a ring for the scenario")
        elif squad.unit in UNITS and squad.at and _cell(squad.at) not in cells(scenario.terrain, UNITS[squad.unit]):
            text = f"{squad.unit} cannot be at {_shown(squad.at)} on the terrain '{scenario.terrain}'"
            yield Problem((j,), text)


def _crowd(scenario: Scenario, task: Task) -> Iterator[str]:
    """More units than there is ground for, were each to stand in its own square."""
    need = sum(squad.count * max((2 * UNITS[kind].separation) ** 2 for kind in squad.kinds if kind in UNITS)
               for side in SIDES for squad in task.side(side) if {*squad.kinds} & {*UNITS})
    room = len(cells(scenario.terrain))
    if need > room:
        units = sum(task.size(side) for side in SIDES)
        yield f"{units} units need {need:.0f} cells, but the terrain '{scenario.terrain}' has {room}"


def _starts(scenario: Scenario) -> Iterator[Problem]:
    """Ways to begin without chances, on ground that is no rectangle, or beside a ring."""
    starts = scenario.starts
    assert starts is not None
    if not any((starts.random, starts.reflect, starts.surround)):
        yield Problem(("starts",), "all weights are 0: nobody would begin anywhere")
    if scenario.ring is not None:
        yield Problem(("starts",), "a scenario has a ring, or says at", "give one of the two")
    if rectangle(scenario.terrain) is None:
        text = f"at needs ground without walls, and the terrain '{scenario.terrain}' has some"
        yield Problem(("starts",), text, f"terrains: {', '.join(name for name in TERRAINS if rectangle(name))}")
    if scenario.goal == "between":
        yield Problem(("goal",), "the goal is between squads that have points, and with at there are none", "chase")


def _fits_ring(scenario: Scenario) -> bool:
    """Whether all points where squads may begin are on ground that all kinds of them can be on."""
    ring = scenario.ring
    assert ring is not None
    ground = _together(scenario)
    turns = range(360) if ring.rotate else (0, 180)
    corners = [(x * ring.jitter, y * ring.jitter) for x in (-1, 1) for y in (-1, 1)]
    return all(
        _cell((CENTRE + ring.distance * cos(turn * pi / 180) + x, CENTRE + ring.distance * sin(turn * pi / 180) + y))
        in ground for turn in turns for x, y in corners
    )


def _together(scenario: Scenario) -> Cells:
    ground = cells(scenario.terrain, UNITS["Medivac"])
    for kind in scenario.kinds:
        ground &= cells(scenario.terrain, UNITS[kind])
    return ground


def _cell(point: Point) -> tuple[int, int]:
    """The cell that holds a point; points on the upper borders of the map are outside."""
    return int(point[0] // 1), int(point[1] // 1)


def _shown(point: Point) -> str:
    return f"({point[0]:g}, {point[1]:g})"
