"""SMAC's maps and sets as schemas: what runs recorded of them stays true, and nothing here plays."""

from __future__ import annotations

import pytest

from compose.envs.catalogue import schema
from compose.envs.families import names
from compose.envs.starcraft.scenario import SCENARIOS

HASHES = {  # beginnings of the schemas' hashes, which runs record
    "3-8m_symmetric": "3739e15b9e16", "6-11m_mandown": "e1459459e207", "3-8sz": "f939237be4e1",
    "3-8csz": "fcbd1f1390be", "3-8MMM": "27ecd39eb927", "5-11sz": "52c5d93ad5b0", "5-11csz": "dcfd26479894",
    "5-11MMM": "c1ae3bc92290", "small_mt": "e116c8afe10e", "medium_mt": "9a9520c26049", "large_mt": "c3b7e73ea3e0",
}  # fmt: skip


def test_every_scenario_has_a_schema() -> None:
    assert [name for name in names() if name.startswith("smac/")] == [f"smac/{name}" for name in SCENARIOS]


@pytest.mark.parametrize("name", HASHES)
def test_schemas_stay_the_same(name: str) -> None:
    assert schema(f"smac/{name}").hash.startswith(HASHES[name])


def test_a_schema_of_a_set() -> None:
    offered = schema("smac/3-8csz")
    assert [(kind.name, kind.min, kind.max) for kind in offered.types if kind.side == "agent"] == [
        ("Colossus", 0, 2), ("Zealot", 0, 6), ("Stalker", 0, 6),
    ]
    assert offered.present_range("agent") == (3, 8)
    assert schema("smac/6-11m_mandown").present_range("other") == (6, 11)
    assert offered.sizes["plain"] == 6
    assert not offered.truncates
    assert {"position", "action_entity"} < offered.fields.keys()
    assert "state" not in offered.fields


def test_a_schema_of_a_map() -> None:
    offered = schema("smac/MMM2")
    assert (offered.sizes["observation"], offered.sizes["state"]) == (176, 322)
    assert [(group.name, group.count) for group in offered.actions] == [
        ("no_op", 1), ("stop", 1), ("move", 4), ("attack", 12), ("heal", 10),
    ]
    assert [(kind.side, kind.name, kind.min, kind.max) for kind in schema("smac/2s_vs_1sc").types] == [
        ("agent", "Stalker", 2, 2), ("other", "SpineCrawler", 1, 1),
    ]


def test_the_proposed_task_list_is_labelled() -> None:
    assert "our proposal" in schema("smac/large_mt").note
