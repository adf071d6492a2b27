"""The scenarios that come with the package: tasks, sizes, limits and places as published."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.scenario_model import Ring, Scenario
from compose.envs.starcraft.schema import entity_schema, flat_types, has_flat
from compose.envs.starcraft.task import Drawn, Squad, Task
from compose.envs.starcraft.terrain import TERRAINS, cells
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import SpecError

# map: allies, enemies, limit, types in flat vectors, SMAC's actions, observation, state
MAPS = {
    "3m": (3, 3, 60, 0, 9, 30, 48), "8m": (8, 8, 120, 0, 14, 80, 168), "25m": (25, 25, 150, 0, 31, 250, 950),
    "5m_vs_6m": (5, 6, 70, 0, 12, 55, 98), "8m_vs_9m": (8, 9, 120, 0, 15, 85, 179),
    "10m_vs_11m": (10, 11, 150, 0, 17, 105, 243), "27m_vs_30m": (27, 30, 180, 0, 36, 285, 1170),
    "MMM": (10, 10, 150, 3, 16, 160, 290), "MMM2": (10, 12, 180, 3, 18, 176, 322), "2s3z": (5, 5, 120, 2, 11, 80, 120),
    "3s5z": (8, 8, 150, 2, 14, 128, 216), "3s5z_vs_3s6z": (8, 9, 170, 2, 15, 136, 230),
    "3s_vs_3z": (3, 3, 150, 0, 9, 36, 54), "3s_vs_4z": (3, 4, 200, 0, 10, 42, 61),
    "3s_vs_5z": (3, 5, 250, 0, 11, 48, 68),
    "1c3s5z": (9, 9, 180, 3, 15, 162, 270), "2m_vs_1z": (2, 1, 150, 0, 7, 16, 26),
    "2s_vs_1sc": (2, 1, 300, 0, 7, 17, 27), "corridor": (6, 24, 400, 0, 30, 156, 282),
    "6h_vs_8z": (6, 8, 150, 0, 14, 78, 140),
    "so_many_baneling": (7, 32, 100, 0, 38, 202, 397), "bane_vs_bane": (24, 24, 200, 2, 30, 336, 984),
    "2c_vs_64zg": (2, 64, 400, 0, 70, 332, 342),
}  # fmt: skip

# set: tasks, allies, enemies, actions, features, limit
SETS = {
    "3-8m_symmetric": (6, 8, 8, 14, 35, 100), "6-11m_mandown": (6, 10, 11, 17, 43, 100),
    "3-8sz": (39, 8, 8, 14, 38, 150), "3-8csz": (66, 8, 8, 14, 39, 150), "3-8MMM": (66, 8, 8, 22, 46, 150),
    "5-11sz": (63, 11, 11, 17, 47, 150), "5-11csz": (120, 11, 11, 17, 48, 150), "5-11MMM": (120, 11, 11, 28, 58, 150),
    "small_mt": (3, 6, 6, 12, 29, 100), "medium_mt": (6, 11, 11, 17, 44, 100), "large_mt": (12, 10, 11, 17, 43, 100),
    "medium_mt_unseen": (3, 11, 11, 17, 44, 100),
}  # fmt: skip

# SMACv2's sizes: allies, enemies, and for terran and zerg, protoss: observation, state
DRAWN = {
    "5_vs_5": (5, 5, (82, 120), (92, 130)), "10_vs_10": (10, 10, (162, 290), (182, 310)),
    "10_vs_11": (10, 11, (170, 306), (191, 327)), "20_vs_20": (20, 20, (322, 780), (362, 820)),
    "20_vs_23": (20, 23, (346, 858), (389, 901)),
}  # fmt: skip
RACES = {"terran": {"Marauder": 0.45, "Marine": 0.45, "Medivac": 0.1},
         "protoss": {"Colossus": 0.1, "Stalker": 0.45, "Zealot": 0.45},
         "zerg": {"Baneling": 0.1, "Hydralisk": 0.45, "Zergling": 0.45}}


def test_all_are_here() -> None:
    drawn = {f"{race}_{sizes}" for race in RACES for sizes in DRAWN}
    assert {*MAPS, *SETS, *drawn} == {*SCENARIOS}
    assert SCENARIOS.index("8m") < SCENARIOS.index("25m") < SCENARIOS.index("MMM")


@pytest.mark.parametrize("name", MAPS)
def test_maps(name: str) -> None:
    scenario, schema = load(name), entity_schema(load(name), name=name)
    smac_actions = scenario.actions - (scenario.agents if scenario.heals else 0)
    assert (scenario.agents, scenario.enemies, scenario.limit, len(flat_types(scenario)), smac_actions,
            schema.sizes["observation"], schema.sizes["state"]) == MAPS[name]
    assert (scenario.name, scenario.ring, len(scenario.tasks), scenario.note) == (name, None, 1, "")
    assert schema.sizes["action"] == scenario.actions
    assert schema.limit == scenario.limit


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("sizes", DRAWN)
def test_drawn_teams(race: str, sizes: str) -> None:
    scenario = load(f"{race}_{sizes}")
    allies, enemies, plain, shielded = DRAWN[sizes]
    schema = entity_schema(scenario, name="x")
    assert (scenario.agents, scenario.enemies, scenario.limit, scenario.ranges) == (allies, enemies, 200, "by_type")
    assert (schema.sizes["observation"], schema.sizes["state"]) == (shielded if race == "protoss" else plain)
    assert scenario.starts is not None
    assert scenario.starts.model_dump() == {"random": 0, "reflect": 0.5, "surround": 0.5}
    first = scenario.tasks[0].allies[0]
    assert isinstance(first, Drawn)
    assert [*first.weights.items()] == [*RACES[race].items()]
    assert first.not_only == {"terran": ("Medivac",), "protoss": (), "zerg": ("Baneling",)}[race]
    cone = scenario.model_copy(update={"sight": "cone"})
    sizes_ = entity_schema(cone, name="x").sizes
    assert sizes_["observation"] == schema.sizes["observation"] + 2
    assert sizes_["state"] == schema.sizes["state"] + allies * (2 + 12)
    assert sizes_["action"] == schema.sizes["action"] + 12


@pytest.mark.parametrize("name", SETS)
def test_sets(name: str) -> None:
    scenario, schema = load(name), entity_schema(load(name), name=name)
    assert (len(scenario.tasks), scenario.agents, scenario.enemies, scenario.actions, schema.sizes["feature"],
            scenario.limit) == SETS[name]
    ring = Ring(distance=7, jitter=1, rotate=True)
    assert (scenario.ring, scenario.terrain, scenario.goal) == (ring, "open", "start")
    assert bool(scenario.note) == (name == "large_mt")
    assert not has_flat(scenario)


@pytest.mark.parametrize(("name", "allies", "enemies"), [
    ("MMM2", {"Marauder": 2, "Marine": 7, "Medivac": 1}, {"Marauder": 3, "Marine": 8, "Medivac": 1}),
    ("2s3z", {"Stalker": 2, "Zealot": 3}, {"Stalker": 2, "Zealot": 3}),
    ("3s5z_vs_3s6z", {"Stalker": 3, "Zealot": 5}, {"Stalker": 3, "Zealot": 6}),
    ("1c3s5z", {"Colossus": 1, "Stalker": 3, "Zealot": 5}, {"Colossus": 1, "Stalker": 3, "Zealot": 5}),
    ("2m_vs_1z", {"Marine": 2}, {"Zealot": 1}), ("2s_vs_1sc", {"Stalker": 2}, {"SpineCrawler": 1}),
    ("6h_vs_8z", {"Hydralisk": 6}, {"Zealot": 8}), ("corridor", {"Zealot": 6}, {"Zergling": 24}),
    ("so_many_baneling", {"Zealot": 7}, {"Baneling": 32}), ("2c_vs_64zg", {"Colossus": 2}, {"Zergling": 64}),
    ("bane_vs_bane", {"Baneling": 4, "Zergling": 20}, {"Baneling": 4, "Zergling": 20}),
])
def test_armies_in_the_order_in_which_smac_numbers_them(
    name: str, allies: dict[str, int], enemies: dict[str, int]
) -> None:
    (task,) = load(name).tasks
    assert [*task.counts("allies").items()] == [*allies.items()]
    assert [*task.counts("enemies").items()] == [*enemies.items()]


@pytest.mark.parametrize(("name", "terrain", "allies", "enemies", "goal"), [
    ("MMM", "band", {(9, 16)}, {(23, 16)}, (9, 16)),
    ("3s_vs_5z", "open", {(9, 16)}, {(23, 16)}, (9, 16)),
    ("2m_vs_1z", "octagon", {(13, 12), (19, 12)}, {(16, 19)}, "between"),
    ("2s_vs_1sc", "hall", {(11.12, 10.34), (16.98, 10.37)}, {(13.92, 20.04)}, "hold"),
    ("6h_vs_8z", "arena", {(14.6, 9.49)}, {(14.41, 16.76)}, (14.6, 9.49)),
    ("bane_vs_bane", "octagon", {(16, 11), (16, 8)}, {(16, 21), (16, 24)}, (16, 8)),
    ("corridor", "corridor", {(19.04, 19.12)}, {(27.91, 28.24)}, (4.47, 4.33)),
    ("so_many_baneling", "diagonal", {(11.47, 12.02)}, {(27.91, 28.24)}, (4.47, 4.33)),
    ("2c_vs_64zg", "plateau", {(16, 16)}, {(16, 9)}, "chase"),
])
def test_where_armies_begin_and_go(name: str, terrain: str, allies: object, enemies: object, goal: object) -> None:
    scenario = load(name)
    (task,) = scenario.tasks
    assert ({squad.at for squad in task.allies}, {squad.at for squad in task.enemies}) == (allies, enemies)
    assert (scenario.terrain, scenario.goal) == (terrain, goal)


def test_names_and_order_of_tasks() -> None:
    def names(scenario: str) -> list[str]:
        return [task.name for task in load(scenario).tasks]

    assert names("3-8sz")[:5] == ["3Sta", "2Sta-1Zea", "1Sta-2Zea", "3Zea", "4Sta"]
    assert "3Sta-5Zea" in names("3-8sz")
    assert names("3-8csz")[:4] == ["3Sta", "3Sta-1Col", "3Sta-2Col", "2Sta-1Zea"]
    assert names("small_mt") == ["5Mar", "6Mar", "5Mar_vs_6Mar"]
    assert names("6-11m_mandown")[::5] == ["5Mar_vs_6Mar", "10Mar_vs_11Mar"]
    assert names("large_mt")[:3] == ["5Mar", "5Mar_vs_6Mar", "6Mar"]
    assert names("medium_mt_unseen") == ["3Mar", "5Mar", "8Mar_vs_9Mar"]


def test_unseen_battles_have_the_sizes_of_the_set_trained_on() -> None:
    trained, new = (entity_schema(load(name), name="x") for name in ("medium_mt", "medium_mt_unseen"))
    assert {**trained.sizes, "task": 3} == new.sizes
    assert (trained.features, trained.actions) == (new.features, new.actions)
    assert not {*trained.tasks} & {*new.tasks}
    assert new.present_range("agent") == (3, 11)


def test_one_task_of_a_set_keeps_the_sizes_of_the_set() -> None:
    whole, one = load("3-8csz"), load("3-8csz").only("3Sta-1Col")
    assert [task.name for task in one.tasks] == ["3Sta-1Col"]
    assert one.summary == "3 Stalker, 1 Colossus on each side."
    sizes = entity_schema(whole, name="x").sizes
    assert entity_schema(one, name="x").sizes == {**sizes, "task": 1}
    with pytest.raises(SpecError, match="3-8csz: no task '3Sta-5Col'\n  Did you mean '3Sta-2Col'"):
        whole.only("3Sta-5Col")


def test_a_set_within_a_larger_one() -> None:
    larger = load("3-8sz").within(load("5-11csz"))
    assert (larger.agents, larger.actions, len(larger.tasks), larger.kinds) == (11, 17, 39, load("5-11csz").kinds)
    both = larger.only("3Sta")
    assert (both.agents, both.actions, both.fewest_agents) == (11, 17, 3)
    for name, other, message in (
        ("5-11sz", "3-8sz", "11 allies do not fit into the 8 slots of 3-8sz"),
        ("3-8csz", "5-11sz", "5-11sz has no Colossus"),
        ("MMM", "3-8sz", "3-8sz has no Marine and no Marauder and no Medivac"),
    ):
        with pytest.raises(SpecError, match=message):
            load(name).within(load(other))


def test_healing_needs_allied_healers() -> None:
    medics = Task.of([Squad(unit="Marine", count=2)], [Squad(unit="Marine", count=2), Squad(unit="Medivac", count=1)])
    scenario = Scenario(name="x", summary="", limit=9, tasks=(medics,), ring=Ring())
    assert (scenario.heals, scenario.actions, medics.name) == (False, 9, "2Mar_vs_2Mar-1Med")
    assert load("MMM").heals
    assert not load("3-8csz").heals


def test_a_scenario_written_in_python_must_be_possible_too() -> None:
    task = Task.of([Squad(unit="Marin", count=2)], [Squad(unit="Medivac", count=2)])
    with pytest.raises(ValueError, match="no unit 'Marin'; only Medivac among the enemies: nobody there can fight"):
        Scenario(name="x", summary="", limit=9, tasks=(task,), ring=Ring())


def test_shields_and_kinds() -> None:
    assert load("2m_vs_1z").has_shield
    assert not load("3-8MMM").has_shield
    assert load("3-8csz").kinds == ("Colossus", "Zealot", "Stalker")
    assert load("bane_vs_bane").kinds == ("Baneling", "Zergling")


@pytest.mark.parametrize("name", SCENARIOS)
def test_everybody_begins_on_ground(name: str) -> None:
    scenario = load(name)
    for task in scenario.tasks:
        for squad in (*task.allies, *task.enemies):
            point = squad.at or (16.0, 16.0)
            for kind in squad.kinds:
                assert (int(point[0]), int(point[1])) in cells(scenario.terrain, UNITS[kind])


def test_unknown_names() -> None:
    with pytest.raises(SpecError, match="no scenario '3-8zs'\n  Did you mean '3-8sz'"):
        load("3-8zs")


def test_the_page_names_them_all() -> None:
    page = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert not [name for name in (*SCENARIOS, *TERRAINS, *UNITS) if f"`{name}`" not in page]
    for name, (tasks, *_, limit) in SETS.items():
        assert any(f"`{name}`" in line and f"| {tasks} | {limit} |" in line for line in page.splitlines()), name
