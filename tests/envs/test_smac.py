"""SMAC's multi-task sets: sizes and task counts as the released environments have them."""

from __future__ import annotations

import pytest

from compose.envs.catalogue import names, schema

# set: tasks, agents, others, actions, features, limit
SETS = {
    "3-8m_symmetric": (6, 8, 8, 14, 35, 100),
    "6-11m_mandown": (6, 10, 11, 17, 43, 100),
    "3-8sz": (39, 8, 8, 14, 38, 150),
    "3-8csz": (66, 8, 8, 14, 39, 150),
    "3-8MMM": (66, 8, 8, 22, 46, 150),
    "5-11sz": (63, 11, 11, 17, 47, 150),
    "5-11csz": (120, 11, 11, 17, 48, 150),
    "5-11MMM": (120, 11, 11, 28, 58, 150),
    "small_mt": (3, 6, 6, 12, 29, 100),
    "medium_mt": (6, 11, 11, 17, 44, 100),
    "large_mt": (12, 10, 11, 17, 43, 100),
}


def test_every_set_is_tested() -> None:
    smac = [name for name in names() if name.startswith("smac/")]
    assert {f"smac/{name}" for name in SETS} == {name for name in smac if schema(name).sizes["task"] > 1}


@pytest.mark.parametrize("name", SETS)
def test_sizes(name: str) -> None:
    offered = schema(f"smac/{name}")
    sizes = [offered.sizes[axis] for axis in ("task", "agent", "other", "action", "feature")]
    assert (*sizes, offered.limit) == SETS[name]
    assert offered.sizes["plain"] == 6
    assert not offered.truncates
    assert bool(offered.note) == (name == "large_mt")
    assert {"position", "action_entity"} < offered.fields.keys()


def test_names_and_order_of_tasks() -> None:
    assert schema("smac/3-8sz").tasks[:5] == ("3Sta", "2Sta-1Zea", "1Sta-2Zea", "3Zea", "4Sta")
    assert "3Sta-5Zea" in schema("smac/3-8sz").tasks
    assert schema("smac/3-8csz").tasks[:4] == ("3Sta", "3Sta-1Col", "3Sta-2Col", "2Sta-1Zea")
    assert schema("smac/small_mt").tasks == ("5Mar", "6Mar", "5Mar_vs_6Mar")


def test_types_and_presence() -> None:
    offered = schema("smac/3-8csz")
    assert [(kind.name, kind.min, kind.max) for kind in offered.types if kind.side == "agent"] == [
        ("Colossus", 0, 2), ("Zealot", 0, 6), ("Stalker", 0, 6),
    ]
    assert offered.present_range("agent") == (3, 8)
    assert schema("smac/6-11m_mandown").present_range("other") == (6, 11)


def test_the_proposed_task_list_is_labelled() -> None:
    assert "our proposal" in schema("smac/large_mt").note
