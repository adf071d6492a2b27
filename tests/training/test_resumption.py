"""What is said where a run is not the same, or goes on with other settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compose.envs.catalogue import schema
from compose.language.dump import dump
from compose.language.load import load
from compose.training.folder import RunFolder
from compose.training.resumption import changed_settings, differences, other_schema, other_spec

ENV = schema("group_matching:agents=3,cells=3,limit=8")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "spec.yaml").write_text(dump(load("vdn_attention").document.data))
    (tmp_path / "schema.json").write_text(ENV.model_dump_json())
    return RunFolder(tmp_path)


@pytest.mark.parametrize(("override", "told"), [
    ("learner.replay.batch=8", ("learner: replay.batch 32 -> 8",)),
    ("params.gamma=0.9", ("param gamma: 0.99 -> 0.9",)),
    ("networks.utility.nodes.x.activation=elu", ("utility.x: activation relu -> elu",)),
    ("learner.target={kind: polyak, tau: 0.1}", ("target.kind copy -> polyak", "0.1")),
    ("losses.more={of: square(q), mean: [agent, action]}", ("new loss more: square(q), mean over agent and action",)),
])  # fmt: skip
def test_another_spec_is_told_as_a_diff(folder: RunFolder, override: str, told: tuple[str, ...]) -> None:
    found = "\n".join(other_spec(folder, load("vdn_attention", [override]), ENV))
    assert all(text in found for text in told), found
    assert other_spec(folder, load("vdn_attention"), ENV) == ()


def test_a_spec_that_is_no_longer_understood_is_said_to_be(folder: RunFolder) -> None:
    text = (folder.path / "spec.yaml").read_text()
    (folder.path / "spec.yaml").write_text(text.replace("batch: 32", "batch: 32, prioritised: true"))
    (told,) = other_spec(folder, load("vdn_attention"), ENV)
    assert told == ("its spec.yaml is not understood any more: learner.replay.prioritised: "
                    "the replay buffer has no field 'prioritised'")  # fmt: skip


def test_another_schema_is_told_field_by_field(folder: RunFolder) -> None:
    assert other_schema(folder, ENV) == ()
    assert other_schema(folder, ENV.model_copy(update={"limit": 9, "tasks": ("a", "b")})) == (
        "limit: 8 -> 9", "tasks: ['match'] -> ['a', 'b']")  # fmt: skip


@pytest.mark.parametrize(("then", "now", "told"), [
    ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 -> 2"]), ({"a": [1, 2]}, {"a": [1, 3]}, ["a[1]: 2 -> 3"]),
    ({"a": None}, {"b": True}, ["a: only there", "b: only here"]), ({"a": {}}, {"a": True}, ["a: {} -> true"]),
    ({"a": "x" * 99}, {"a": 1}, [f"a: {'x' * 57}... -> 1"]), ({"a": 1}, {"a": 1}, []),
])  # fmt: skip
def test_plain_data_is_compared_place_by_place(then: Any, now: Any, told: list[str]) -> None:
    assert list(differences(then, now)) == told


def test_other_settings_are_told() -> None:
    then: dict[str, Any] = {"settings": {"eval_every": 10, "log_every": 5, "updates": 3}, "threads": 1,
                            "versions": {"torch": "2.9"}}  # fmt: skip
    now: dict[str, Any] = {"settings": {"eval_every": 20, "log_every": 5, "updates": 9}, "threads": 2,
                           "versions": {"torch": "2.9"}}  # fmt: skip
    assert changed_settings(then, now) == (
        "goes on with other settings, then -> now: eval_every 10 -> 20, threads 1 -> 2 "
        "(numbers may differ in their last bits)")  # fmt: skip
    assert changed_settings(then, {**then, "settings": {**then["settings"], "updates": 99}}) == ""
    assert changed_settings({}, now) == "", "a run of an older version says nothing of them"
