"""Entity schemas: what is filled in, what is refused and in which words, files, hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from compose.graph.schema import EntitySchema, Field, standard_fields
from compose.graph.schema_file import load_schema
from compose.language.diagnostics import SpecError

EVERYTHING = Path(__file__).parents[1] / "fixtures" / "everything.yaml"
SMALL: dict[str, Any] = {
    "name": "duel", "summary": "Two agents and a ball.", "agents": 2, "entities": 3,
    "types": [{"name": "player", "side": "agent", "min": 2, "max": 2},
              {"name": "ball", "side": "other", "min": 1, "max": 1}],
    "features": [{"name": "place", "size": 4, "kind": "one_hot"}],
    "actions": [{"name": "go", "count": 2}, {"name": "kick", "count": 1, "targets": "other"}],
    "limit": 5, "truncates": True,
}


def test_sizes_and_presence() -> None:
    schema = load_schema(EVERYTHING)
    assert schema.sizes == {
        "agent": 4, "entity": 7, "other": 3, "action": 8, "plain": 1, "feature": 6, "time": 13, "task": 2, "id": 4,
        "xy": 2, "state": 9, "observation": 5, "door": 3,
    }
    assert [schema.presence(axis) for axis in ("agent", "entity", "action")] == ["present", "present", None]
    assert (schema.present_range("agent"), schema.present_range("other")) == ((2, 4), (0, 3))


def test_standard_fields_are_filled_in(tmp_path: Path) -> None:
    schema = _load(tmp_path, SMALL)
    assert schema.fields == standard_fields()
    assert schema.fields["visible"].axes == ("batch", "time", "agent", "entity")
    assert schema.fields["sight"].axes == ("batch", "time", "entity", "entity'")
    assert schema.present_range("agent") == (2, 2)
    assert schema.tasks == ("default",)
    assert all(field.what for field in schema.fields.values())


def test_standard_fields_takes_optional_and_own_ones() -> None:
    own = Field(axes=("batch",), dtype="int", scope="global", what="Weather.")
    fields = standard_fields("position", weather=own)
    assert fields["weather"] is own
    assert fields["position"].axes == ("batch", "time", "agent", "xy")
    with pytest.raises(KeyError, match="weather"):
        standard_fields("weather")


def test_dump_and_load_are_inverse(tmp_path: Path) -> None:
    schema = load_schema(EVERYTHING)
    again = _load(tmp_path, schema.model_dump(mode="json"))
    assert again == schema
    assert again.hash == schema.hash


def test_the_hash_sees_every_change(tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [{}, {"limit": 6}, {"truncates": False}, {"note": "x"}, {"tasks": ["a", "b"]},
                                     {"returns": [0, 1]}]
    assert len({_load(tmp_path, {**SMALL, **change}).hash for change in changes}) == len(changes)
    assert len(_load(tmp_path, SMALL).hash) == 64


def test_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_schema(EVERYTHING).agents = 3  # type: ignore[misc]


BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"fields": {"near": {"axes": ["batch", "time", "agent", "entity"], "dtype": "bool", "scope": "local", "what": "x",
                          "holds": ["shown entity"]}}}, "fields.near.holds[0]",
     "'shown' speaks of 2 of its axes, [batch time agent entity]; got 'shown entity'"),
    ({"fields": {"near": {"axes": ["batch", "agent"], "dtype": "float", "scope": "local", "what": "x",
                          "holds": ["present agent"]}}}, "fields.near.holds",
     "only a mask is true somewhere, and this is float"),
    ({"name": 'a"""b'}, "name",
     "a name may hold letters, digits, blanks and _.,:=/+-~@()[]$^, not U+0022 QUOTATION MARK"),
    ({"tasks": [" a"]}, "tasks[0]", "a name begins and ends with something that is seen"),
    ({"returns": [2, 1]}, "returns", "the least return exceeds the most (2, 1)"),
    ({"agnets": 2}, "agnets", "a schema has no field 'agnets'"),
    ({"agents": None}, "agents", "expected a whole number, got nothing"),
    ({"agents": "2"}, "agents", "expected a whole number, got '2'"),
    ({"agents": 0}, "agents", "expected a number of at least 1, got 0"),
    ({"truncates": 1}, "truncates", "expected true or false, got 1"),
    ({"agents": 4}, "entities", "entities (3) must be at least agents (4): agents are entities"),
    ({"fewest_agents": 3}, "fewest_agents", "fewest_agents (3) exceeds the 2 agent slots"),
    ({"features": []}, "features", "features must not be empty"),
    ({"tasks": ["a", "b", "a"]}, "tasks[2]", "tasks name 'a' twice"),
    ({"types": SMALL["types"][1:]}, "types", "types of side agent cannot fill its 2 slots exactly"),
    ({"axes": {"agent": 3}}, "axes.agent", "axis 'agent' is given by the schema itself"),
    ({"features": [{"name": "place", "size": 4, "kind": "onehot"}]}, "features[0].kind",
     "expected 'one_hot', 'bits' or 'float', got 'onehot'"),
    ({"features": [{"name": "place", "kind": "bits"}]}, "features[0]", "a feature needs 'size'"),
    ({"actions": [{"name": "go", "count": 1, "target": "other"}]}, "actions[0].target",
     "a group of actions has no field 'target'"),
    ({"entities": 2, "types": SMALL["types"][:1]}, "actions[1]",
     "actions 'kick' target side other, which has no slots"),
    ({"fields": {"state": {"axes": ["batch", "time", "state"], "dtype": "float", "scope": "global", "what": ""}}},
     "fields.state.axes[2]", "no size for axis 'state'"),
    ({"fields": {"task": {"axes": ["batch", "time"], "dtype": "int", "scope": "global", "what": ""}}}, "fields.task",
     "'task' always has axes [batch], dtype int and scope global"),
    ({"fields": {"heat": {"axes": ["batch", "entity", "entity"], "dtype": "int", "scope": "row", "what": ""}}},
     "fields.heat.axes", "an axis occurs twice; mark the second copy with a prime"),
    ({"fields": {"heat": {"axes": ["batch", "entity"], "dtype": "int", "scope": "local", "what": ""}}},
     "fields.heat.scope", "scope local needs axis agent"),
]


@pytest.mark.parametrize(("change", "where", "message"), BROKEN, ids=[message for _, _, message in BROKEN])
def test_what_is_wrong_is_said_where_it_is(tmp_path: Path, change: dict[str, Any], where: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        _load(tmp_path, {**SMALL, **change})
    (found,) = caught.value.diagnostics
    assert (found.where, found.message) == (where, message)
    assert found.span is not None
    word = where.split(".")[-1].split("[")[0]
    lines = (tmp_path / "schema.yaml").read_text().splitlines()[: found.span.line]
    assert found.span.file.endswith("schema.yaml")
    assert any(word in line for line in lines[-4:])


def test_hints_and_all_problems_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        _load(tmp_path, {**SMALL, "agnets": 2, "limit": 0, "fields": {"x": {"axis": []}}})
    hints = {d.message: d.hint for d in caught.value.diagnostics}
    assert hints["a schema has no field 'agnets'"] == "Did you mean 'agents'?"
    assert hints["a field has no field 'axis'"] == "Did you mean 'axes'?"
    assert len(hints) == 4


@pytest.mark.parametrize(("text", "message"), [
    ("a: [", "a value is missing"), ("", "is empty"),
    ("- 1", r"a schema is a mapping \(name: value\), but this is a list"),
    ("name: 2020-01-01", "a schema needs 'summary', 'agents'"), ("name: !!python/name:os.system", "YAML tags"),
    ("a: &a [*a]", "anchors .* are not part of the language"), ("name: \x00", r"U\+0000 is not allowed"),
])
def test_files_that_hold_no_schema(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=message):
        load_schema(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no file"):
        load_schema(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match="is a directory, not a file"):
        load_schema(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SpecError, match="UTF-16 text, not UTF-8"):
        load_schema(tmp_path / "x.yaml")


def _load(folder: Path, data: dict[str, Any]) -> EntitySchema:
    path = folder / "schema.yaml"
    path.write_text(yaml.safe_dump(data))
    return load_schema(path)
