"""Scenario files: what they may say, and what is said about mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compose.envs.catalogue import make, schema
from compose.envs.starcraft.scenario import load
from compose.language.diagnostics import SpecError

BATTLE = """\
scenario: bridge
limit: 80
terrain: band
allies:  {Marine: 3, at: [9, 16]}
enemies: {Zealot: 2, at: [23, 16]}
goal: [9, 16]
"""
SET = """\
scenario: mixed
limit: 80
ring: {distance: 7}
tasks: {units: 3-4, of: [Stalker, Zealot]}
"""
DRAWN = """\
scenario: drawn
limit: 80
units: {draw: {Marine: 0.9, Medivac: 0.1}, of: 5}
at: {reflect: 0.5, surround: 0.5}
goal: chase
"""
LIST = "scenario: mixed\nlimit: 80\nring: {}\ntasks:\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "my.yaml").write_text(text, encoding="utf-8")


def test_a_file_is_the_name_of_an_environment(write) -> None:  # type: ignore[no-untyped-def]
    write(BATTLE)
    offered = schema("my.yaml")
    assert (offered.name, offered.summary) == ("my.yaml", "3 Marine against 2 Zealot.")
    assert (offered.agents, offered.others, offered.limit, offered.tasks) == (3, 2, 80, ("3Mar_vs_2Zea",))
    changed = schema("./my.yaml: limit=7")
    assert (changed.name, changed.limit) == ("./my.yaml:limit=7", 7)
    assert make("my.yaml").reset(torch.arange(2), 0)["present"].tolist() == [[True] * 5] * 2


def test_options_choose_a_task_and_slots(write) -> None:  # type: ignore[no-untyped-def]
    write(SET)
    assert len(schema("my.yaml").tasks) == 9
    offered = schema("my.yaml:task=2Sta-1Zea,like=5-11sz")
    assert (offered.tasks, offered.agents) == (("2Sta-1Zea",), 11)
    for name, message in (
        ("my.yaml:task=2Sta-2Zer", "mixed: no task '2Sta-2Zer'\n  Did you mean '2Sta-2Zea'?"),
        ("my.yaml:like=3m", "mixed: 4 allies do not fit into the 3 slots of 3m"),
        ("my.yaml:like=3-8zs", "no scenario '3-8zs'\n  Did you mean '3-8sz'?"),
        ("my.yaml:limt=3", "my.yaml:limt=3: unknown option 'limt'\n  Did you mean 'limit'?"),
        ("my.yaml:limit=0", "limit: Input should be greater than or equal to 1"),
        ("mine.yaml:limit=3", "there is no file mine.yaml"),
    ):
        with pytest.raises(SpecError) as caught:
            schema(name)
        assert message in str(caught.value)


def test_every_short_form(write) -> None:  # type: ignore[no-untyped-def]
    write(LIST + """\
  - {both: {Marine: 3}}
  - {allies: [{Marine: 2}, {Marine: 1, Medivac: 1}], enemies: {Marine: 4}}
  - {units: 2, of: [Marauder], and: {Medivac: 0-1}, more: 1-2}
""")
    scenario = load("my.yaml")
    assert [task.name for task in scenario.tasks] == [
        "3Mar", "3Mar-1Med_vs_4Mar", "2Mau_vs_3Mau", "2Mau_vs_4Mau", "2Mau-1Med_vs_3Mau-1Med", "2Mau-1Med_vs_4Mau-1Med",
    ]
    assert [squad.count for squad in scenario.tasks[1].allies] == [2, 1, 1]


def test_mistakes_are_shown_where_they_are(write) -> None:  # type: ignore[no-untyped-def]
    write(BATTLE.replace("Marine", "Marin").replace("[23, 16]", "[23, 3]"))
    with pytest.raises(SpecError) as caught:
        schema("my.yaml")
    assert str(caught.value) == """\
my.yaml:4:11  error[scenario.impossible]  allies.Marin: no unit 'Marin'
  4 | allies:  {Marin: 3, at: [9, 16]}
    |           ^^^^^ Did you mean 'Marine'?

my.yaml:5:11  error[scenario.impossible]  enemies.Zealot: Zealot cannot be at (23, 3) on the terrain 'band'
  5 | enemies: {Zealot: 2, at: [23, 3]}
    |           ^^^^^^"""


@pytest.mark.parametrize(("text", "place", "message"), [
    (BATTLE.replace("Zealot: 2", "Zealot: -2"), "5:19", "expected a whole number from 1 to 200, got -2"),
    (BATTLE.replace("Zealot: 2", "Zealot: 2.5"), "5:19", "expected a whole number from 1 to 200, got 2.5"),
    (BATTLE.replace("Zealot: 2", "Zealot: true"), "5:19", "expected a whole number from 1 to 200, got true"),
    (BATTLE.replace("Zealot: 2", "units: {Zealot: 2}"), "5:11", "units stand in the army itself"),
    (BATTLE.replace("Zealot: 2", "Medivac: 2"), "5:1", "only Medivac among the enemies: nobody there can fight"),
    (BATTLE.replace("Zealot: 2, ", ""), "5:1", "no enemies: a battle needs both sides"),
    (BATTLE.replace("enemies: {Zealot: 2, at: [23, 16]}\n", ""), "1:1", "no enemies: a battle needs both sides"),
    (BATTLE.replace("Zealot: 2", "SpineCrawler: 150"), "1:1", "153 units need 761 cells, but the terrain 'band'"),
    (BATTLE.replace("{Marine: 3, at: [9, 16]}", "3"), "4:10", "an army says how many units of each type"),
    (BATTLE.replace(", at: [23, 16]", ""), "5:11", "nothing says where Zealot begins"),
    (BATTLE.replace("at: [9, 16]", "at: [9]"), "4:26", "expected a point of the map, got [9]"),
    (BATTLE.replace("at: [9, 16]", "at: [9, 32]"), "4:11", "Marine cannot be at (9, 32) on the terrain 'band'"),
    (BATTLE.replace("band", "bnad"), "3:10", "no terrain 'bnad'"),
    (BATTLE.replace("band", "5"), "3:10", "expected text, got 5"),
    (BATTLE.replace("limit", "limits"), "2:1", "a scenario has no field 'limits'"),
    (BATTLE.replace("limit: 80\n", ""), "1:1", "a scenario needs 'limit'"),
    (BATTLE.replace("limit: 80", "limit: 0"), "2:8", "expected a number of at least 1, got 0"),
    (BATTLE.replace("bridge", "''"), "1:11", "this must not be empty"),
    (BATTLE.replace("goal: [9, 16]", "goal: strat"), "6:7", "expected a point [x, y] or start, between, chase or hold"),
    (BATTLE.replace("goal: [9, 16]", "goal: [9, 40]"), "6:7", "expected a point of the map, got [9, 40]"),
    (BATTLE.replace("goal: [9, 16]", "goal: [9, 4]"), "6:7", "nobody can walk to (9, 4) on the terrain 'band'"),
    (BATTLE.replace("scenario: bridge", "scenario: [bridge"), "1:11", "'[' is never closed"),
    (BATTLE + "both: {Marine: 3}\n", "7:7", "a battle has either both, or allies and enemies"),
    (BATTLE + "ring: {distance: 3}\n", "4:11", "a point, though the scenario has a ring"),
    (SET + "terrain: arena\n", "3:7", "armies may begin 7 and 1 more from the centre, and the terrain 'arena'"),
    (SET.replace("distance", "distanse"), "3:8", "a ring has no field 'distanse'"),
    (SET.replace("tasks", "task"), "4:1", "a scenario has no field 'task'"),
    (SET.replace("3-4", "4-3"), "4:16", "expected a number or a range from 1 to 200, got '4-3'"),
    (SET.replace("3-4", "0-4"), "4:16", "expected a number or a range from 1 to 200, got '0-4'"),
    (SET.replace("of:", "off:"), "4:21", "a task has no field 'off'"),
    (SET.replace("[Stalker, Zealot]", "Stalker"), "4:25", "expected a list of unit types"),
    (SET.replace("Stalker", "Stalkr"), "4:26", "no unit 'Stalkr'"),
    (SET.replace("Zealot]", "Zealot, Stalker]"), "4:25", "Stalker is given twice"),
    (SET.replace("Zealot]", "Zealot], and: {Medivc: 1}"), "4:50", "no unit 'Medivc'"),
    (SET.replace("Zealot]", "Zealot], and: [Medivac]"), "4:49", "expected how many units of each further type"),
    (SET.replace("3-4", "1-200"), "4:8", "these are 20300 tasks; a scenario has at most 2000"),
    (SET + "allies: {Marine: 3}\n", "5:9", "a scenario has tasks, or one battle"),
    (SET + "like: 3m\n", "5:7", "4 allies do not fit into the 3 slots of 3m"),
    (SET + "like: 3-8zs\n", "5:7", "no scenario '3-8zs'"),
    (LIST.strip() + " []\n", "4:8", "a scenario has at least one task"),
    (LIST + "  - 7\n", "5:5", "a task is a mapping"),
    (LIST + "  - {both: {Medivac: 2}}\n", "5:6", "only Medivac among the allies: nobody there can fight"),
    (LIST + "  - {allies: {Marine: 2}}\n", "5:5", "no enemies: a battle needs both sides"),
    (LIST + "  - {both: {Marine: 3}, foo: 2}\n", "5:25", "a task has no field 'foo'"),
    (LIST + "  - {both: {Marine: 3}}\n  - {both: {Marine: 3}}\n", "6:5", "the task 3Mar is given twice"),
    (DRAWN.replace("Marine", "marine"), "3:16", "no unit 'marine'"),
    (DRAWN.replace("0.9", "-0.9"), "3:24", "expected a weight from 0 to 1000, got -0.9"),
    (DRAWN.replace("0.9", ".inf"), "3:24", "numbers must be finite"),
    (DRAWN.replace("0.9", ".nan"), "3:24", "numbers must be finite"),
    (DRAWN.replace("0.9", "1001"), "3:24", "expected a weight from 0 to 1000, got 1001"),
    (DRAWN.replace("0.9", "true"), "3:24", "expected a weight from 0 to 1000, got true"),
    (DRAWN.replace("0.9", "0"), "3:15", "every team would have only Medivac"),
    (DRAWN.replace("0.9", "0").replace("0.1", "0"), "3:15", "all weights are 0"),
    (DRAWN.replace("{Marine: 0.9, Medivac: 0.1}", "[Marine]"), "3:15", "expected the weight of each unit"),
    (DRAWN.replace("{Marine: 0.9, Medivac: 0.1}", "{}"), "3:15", "expected the weight of each unit, got a mapping"),
    (DRAWN.replace("of: 5", "of: 0"), "3:48", "expected a whole number from 1 to 200, got 0"),
    (DRAWN.replace("of: 5", "of: 3-5"), "3:48", "expected a whole number from 1 to 200, got '3-5'"),
    (DRAWN.replace("of: 5", "of: 5, against: 201"), "3:60", "expected a whole number from 1 to 200, got 201"),
    (DRAWN.replace("of: 5", "off: 5"), "3:44", "drawn units have no field 'off'"),
    (DRAWN.replace(", of: 5", ""), "3:8", "no 'of': drawn units need draw and of"),
    (DRAWN.replace("of: 5", "of: 5, not_only: Marine"), "3:61", "expected a list of unit types"),
    (DRAWN.replace("of: 5", "of: 5, not_only: [Stalker]"), "3:62", "'Stalker' is not among the types that are drawn"),
    (DRAWN.replace("of: 5", "of: 5, not_only: [Marine]"), "3:15", "every team would have only Marine and Medivac"),
    (DRAWN.replace("units: {draw", "units: [{draw").replace("of: 5}", "of: 5}]"), "3:8", "expected what units"),
    (DRAWN + "both: {Marine: 3}\n", "6:7", "drawn units are those of both sides"),
    (DRAWN + "ring: {}\n", "4:5", "a scenario has a ring, or says at"),
    (DRAWN + "terrain: arena\n", "4:5", "at needs ground without walls, and the terrain 'arena' has some"),
    (DRAWN.replace("chase", "between"), "5:7", "the goal is between squads that have points"),
    (DRAWN.replace("{reflect: 0.5, surround: 0.5}", "reflct"), "4:5", "expected random, reflect or surround, got"),
    (DRAWN.replace("reflect", "reflct"), "4:6", "no way to begin 'reflct'"),
    (DRAWN.replace("reflect: 0.5, surround: 0.5", "reflect: 0"), "4:5", "all weights are 0"),
    (DRAWN.replace("{reflect: 0.5, surround: 0.5}", "[9, 16]"), "4:5", "expected random, reflect or surround, or"),
    (DRAWN.replace("at: {reflect: 0.5, surround: 0.5}\n", ""), "3:1", "nothing says where drawn units begin"),
    (DRAWN + "sight: con\n", "6:8", "expected"),
    (DRAWN + "shared_sight: 1.5\n", "6:15", "at most 1"),
    (DRAWN + "shared_sight: true\n", "6:15", "expected a number"),
    (DRAWN + "targets: all\n", "6:10", "expected"),
    (DRAWN + "share_sight: 0\n", "6:1", "no field 'share_sight'"),
    (DRAWN + "ranges: by type\n", "6:9", "expected"),
    (DRAWN + "like: 3m\n", "6:7", "5 allies do not fit into the 3 slots of 3m"),
    (BATTLE + "at: random\n", "4:11", "a point, though the scenario says where all begin"),
    (BATTLE.replace("Marine: 3", "draw: {Marine: 3}, of: 3"), "4:11", "drawn units are those of both sides"),
    (LIST + "  - {draw: {Marine: 1}, of: 3, more: 1}\n", "5:32", "drawn units have no field 'more'"),
])
def test_mistakes(write, text: str, place: str, message: str) -> None:  # type: ignore[no-untyped-def]
    write(text)
    with pytest.raises(SpecError) as caught:
        schema("my.yaml")
    told = [p for p in caught.value.diagnostics if message in p.message]
    assert told, caught.value
    assert str(told[0].span) == f"my.yaml:{place}", caught.value


WORDS = st.sampled_from(["Marine", "Medivac", "Stalkr", "at", "both", "allies", "enemies", "units", "of", "and",
                         "more", "draw", "against", "not_only", "reflect", "surround", "cone", "by_type", "any",
                         "3-8", "8-3", "3m", "start", "band", "distance", "jitter", "rotate", ""])
VALUES = st.recursive(
    WORDS | st.integers(-3, 40) | st.floats(-2, 40) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
KEYS = ("scenario", "summary", "terrain", "limit", "ring", "goal", "like", "allies", "enemies", "both", "tasks",
        "units", "at", "ranges", "sight", "shared_sight", "targets", "x")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), base=st.sampled_from([BATTLE, SET, DRAWN]))
def test_whatever_a_file_says_it_is_read_or_refused(  # type: ignore[no-untyped-def]
    write, changes: dict[str, object], base: str
) -> None:
    write(yaml.safe_dump({**yaml.safe_load(base), **changes}))
    try:
        scenario = load("my.yaml")
    except SpecError as error:
        assert all(problem.span is not None and problem.span.file == "my.yaml" for problem in error.diagnostics)
    else:
        assert schema("my.yaml").tasks == tuple(task.name for task in scenario.tasks)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_scenarios_that_are_like_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.chdir(tmp_path)
    for n in range(length):
        (tmp_path / f"s{n}.yaml").write_text(f"{BATTLE}like: ./s{(n + 1) % length}.yaml\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"like: scenarios that are like each other: s0\.yaml -> .*s0\.yaml"):
        load("s0.yaml")


def test_a_long_row_of_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for n in range(30):
        (tmp_path / f"s{n}.yaml").write_text(f"{BATTLE}like: s{n + 1}.yaml\n", encoding="utf-8")
    (tmp_path / "s30.yaml").write_text(BATTLE, encoding="utf-8")
    assert load("s28.yaml").like is not None
    with pytest.raises(SpecError, match="more than 8 scenarios in a row are like each other"):
        load("s0.yaml")
