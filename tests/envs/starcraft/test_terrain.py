"""Terrains: rows as read from the maps, and that one can get where one has to go."""

from __future__ import annotations

import pytest

from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.terrain import TERRAINS, Cells, cells, walkable
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import SpecError

Cell = tuple[int, int]


def reached(ground: Cells, start: Cell) -> set[Cell]:
    """The cells that can be walked to, in straight steps."""
    found, edge = {start}, [start]
    while edge:
        x, y = edge.pop()
        new = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & ground - found
        found |= new
        edge += new
    return found


@pytest.mark.parametrize(("name", "rows"), [
    ("open", {0: (0, 31), 31: (0, 31)}), ("band", {7: None, 8: (0, 31), 23: (0, 31), 24: None}),
    ("octagon", {4: None, 5: (9, 22), 8: (6, 25), 15: (5, 26), 26: (9, 22), 27: None}),
    ("arena", {6: None, 7: (9, 20), 18: (7, 22), 20: (9, 20), 21: None}),
    ("hall", {6: None, 7: (7, 20), 22: (9, 18), 24: (11, 16), 25: None}),
    ("corridor", {1: None, 2: (2, 12), 4: (2, 11), 12: (11, 13), 13: (12, 14), 20: (12, 29), 29: (20, 29), 30: None}),
    ("plateau", {4: None, 5: (3, 28), 11: (0, 31), 14: (0, 31), 20: (3, 28), 21: None}),
    ("diagonal", {0: None, 1: (1, 8), 9: (2, 16), 19: (12, 26), 30: (21, 30), 31: None}),
])
def test_rows(name: str, rows: dict[int, tuple[int, int] | None]) -> None:
    grid = walkable(name)
    assert grid.shape == (32, 32)
    assert grid.dtype == bool
    for y, ends in rows.items():
        assert grid[y].nonzero()[0].tolist() == ([] if ends is None else list(range(ends[0], ends[1] + 1)))
    assert {(x, y) for y, x in zip(*grid.nonzero(), strict=True)} == cells(name)


def test_all_are_tested_and_in_one_piece() -> None:
    assert [*TERRAINS] == ["open", "band", "octagon", "arena", "hall", "corridor", "plateau", "diagonal"]
    for name in TERRAINS:
        ground = cells(name)
        assert reached(ground, min(ground)) == ground


def test_the_way_between_the_rooms_of_the_corridor_is_three_cells_wide() -> None:
    ground = cells("corridor")
    assert [len([cell for cell in ground if cell[1] == y]) for y in (12, 13)] == [3, 3]
    rooms = ground - {(x, y) for x, y in ground if y in (12, 13)}
    assert (20, 20) not in reached(frozenset(rooms), (5, 5))


def test_only_colossi_step_over_the_cliff() -> None:
    walk, giant = walkable("plateau"), walkable("plateau", giant=True)
    assert not walk[12:14, 4:28].any()
    assert walk[12:14, [0, 3, 28, 31]].all()
    assert giant[12:14].all()
    assert cells("plateau", UNITS["Colossus"]) > cells("plateau", UNITS["Zergling"]) == cells("plateau")


def test_the_air_is_open() -> None:
    assert len(cells("hall", UNITS["Medivac"])) == 32 * 32


@pytest.mark.parametrize("name", [name for name in SCENARIOS if isinstance(load(name).goal, tuple)])
def test_enemies_can_walk_to_their_goal_and_to_the_allies(name: str) -> None:
    scenario = load(name)
    (task,) = scenario.tasks
    points = [squad.at for squad in (*task.allies, *task.enemies)] + [scenario.goal]
    ground = {(int(point[0]), int(point[1])) for point in points if isinstance(point, tuple)}
    assert ground <= reached(cells(scenario.terrain), min(ground))


def test_unknown_terrain() -> None:
    with pytest.raises(SpecError, match="no terrain 'bnad'\n  Did you mean 'band'"):
        walkable("bnad")
