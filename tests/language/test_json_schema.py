"""The language as a JSON Schema, seen by an independent validator: what loads validates, what is wrong fails."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compose.language import registry
from compose.language.diagnostics import SpecError
from compose.language.dump import dump
from compose.language.files import packaged_specs
from compose.language.json_schema import json_schema
from compose.language.load import load_data, load_text
from compose.language.registry import catalogue
from compose.language.source import load as read
from tests.language.test_roundtrip import SPECS

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ROOT / "tests" / "broken"
WRITTEN = [*packaged_specs().glob("*.yaml"), *(ROOT / "tests/specs/drafts").glob("*.yaml"),
           *(path for path in (ROOT / "examples").glob("*.yaml") if "\nstudy:" not in path.read_text(encoding="utf-8"))]
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

FORM = {"block.unknown", "expression", "name.reserved", "spec.missing", "spec.name", "spec.type", "spec.unknown",
        "spec.value", "version.missing", "version.newer", "version.unknown"}
"""Codes of mistakes that one file shows by its form."""

EXPRESSIONS = "a pattern knows characters and functions, not grammar"
LEFT_OUT = "in a file that extends another, what is missing may be inherited"
SUMS = "a schema does not compare one number with another"
SET = "what is set from outside stands in no file"
PATCHED = "which block is patched is said in another file"
KIND = "which kind it is of is said in another file"
EXCEPTIONS = {
    "bad_expression": EXPRESSIONS, "many_arguments": EXPRESSIONS,
    "empty_block": LEFT_OUT, "missing_port": LEFT_OUT, "schedule_without_end": LEFT_OUT,
    "small_replay": SUMS, "points_out_of_order": SUMS, "early_start": SUMS, "polyak_without_tau": LEFT_OUT,
    "target_of_no_kind": KIND, "tau_of_a_copy": KIND, "epsilon_of_a_policy": KIND, "policy_fields_of_values": KIND,
    "changed_learner": LEFT_OUT, "comma_set": SET, "short_set": SET,
    "misspelt_choice": PATCHED, "like_copies": PATCHED,
    "clipped_twice": SUMS, "momentum_elsewhere": KIND, "torn_minibatches": SUMS, "minibatches_of_a_replay": KIND,
    "order_of_nothing": SUMS, "frozen_copy": PATCHED,
    "horizon_of_episodes": SUMS, "horizon_of_a_replay": KIND, "updates_per_horizon": KIND,
    "unknown_input": "which inputs a network has is its own business",
}


def mistakes(data: object) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(data)]


def said_of(name: str) -> set[str]:
    return set(re.findall(r"error\[(.+?)\]", (BROKEN / f"{name}.txt").read_text(encoding="utf-8")))


def test_it_is_a_schema_of_moderate_size() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert len(json.dumps(SCHEMA)) < 185_000


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(SCHEMA)))
    assert names == set(SCHEMA["$defs"])


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_every_spec_validates(file: Path) -> None:
    assert mistakes(read(file.read_bytes(), file.name).data) == []


@pytest.mark.parametrize("name", sorted(p.stem for p in BROKEN.glob("*.txt") if said_of(p.stem) & FORM))
def test_specs_that_are_broken_by_form_fail(name: str) -> None:
    try:
        data = read((BROKEN / f"{name}.yaml").read_bytes(), name).data
    except SpecError:
        pytest.skip("no YAML that another program would read the same")
    assert bool(mistakes(data)) is (name not in EXCEPTIONS), EXCEPTIONS.get(name)


@given(SPECS)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_the_models_accept_validates(data: dict[str, Any]) -> None:
    load_data(data)
    assert mistakes(json.loads(json.dumps(data))) == []


@given(SPECS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_part_of_a_spec_is_a_patch(data: dict[str, Any], random: Any) -> None:
    def part(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: part(member) for name, member in value.items() if random.random() < 0.7}

    kept = {name: data[name] for name in ("compose", "name", "summary", "paper") if name in data}
    assert mistakes(json.loads(json.dumps({**part(data), **kept, "extends": "refil"}))) == []


WHOLE: dict[str, Any] = read((packaged_specs() / "eql.yaml").read_bytes(), "eql.yaml").data | {
    "networks": {"n": {"inputs": {"x": "batch time agent Width"}, "nodes": {
        "y": {"block": "linear", "of": "x", "to": "action"}}, "returns": "y"}, "m": {"like": "n"}}}


def put(*at: Any) -> Callable[[Any], None]:
    """Sets the value at a path; the last one of ``at`` is the value."""
    def change(data: Any) -> None:
        *path, name, value = at
        for part in path:
            data = data[part]
        data[name] = value

    return change


def drop(*at: str) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        *path, name = at
        for part in path:
            data = data[part]
        del data[name]

    return change


@pytest.mark.parametrize(("change", "place"), [
    (drop("graph"), "$"),
    (drop("learner"), "$"),
    (drop("name"), "$"),
    (drop("compose"), "$"),
    (drop("act"), "$"),
    (put("compose", 2), "$.compose"),
    (put("compose", True), "$.compose"),
    (put("extra", 1), "$"),
    (put("name", "Ref il"), "$.name"),
    (put("summary", ""), "$.summary"),
    (put("params", "p", None), "$.params.p"),
    (put("params", "p", "1"), "$.params.p"),
    (put("params", "p", {"kind": "linear", "to": 1}), "$.params.p"),
    (put("params", "p", {"from": 1}), "$.params.p"),
    (put("params", "P", 1), "$.params"),
    (drop("graph", "taken", "index"), "$.graph.taken"),
    (put("graph", "taken", "index", None), "$.graph.taken.index"),
    (put("graph", "taken", {"of": "q"}), "$.graph.taken"),
    (put("graph", "taken", None), "$.graph.taken"),
    (put("graph", "taken", "block", "tkae"), "$.graph.taken.block"),
    (put("graph", "taken", "inedx", "q"), "$.graph.taken"),
    (put("graph", "taken", "of", ["q"]), "$.graph.taken.of"),
    (put("graph", "taken", "of", "sqare(q)"), "$.graph.taken.of"),
    (put("graph", "taken", "of", "q # r"), "$.graph.taken.of"),
    (put("graph", "taken", "of", ""), "$.graph.taken.of"),
    (put("graph", "z", {"network": "n", "x": {}}), "$.graph.z.x"),
    (put("graph", "z", {"network": 3}), "$.graph.z.network"),
    (put("graph", "z", {"network": "n", "target": "yes"}), "$.graph.z.target"),
    (drop("networks", "n", "returns"), "$.networks.n"),
    (put("networks", "n", "replace", True), "$.networks.n"),
    (put("networks", "n", "inputs", "x", "batch batch"), "$.networks.n.inputs.x"),
    (put("networks", "n", "inputs", "target", "batch"), "$.networks.n.inputs"),
    (put("networks", "m", "weights", 1), "$.networks.m"),
    (put("act", "choose", "best"), "$.act.choose"),
    (put("act", "epsilon", 1.5), "$.act.epsilon"),
    (put("act", "evaluate", "sample"), "$.act"),
    (put("act", "logits", "q"), "$.act"),
    (drop("act", "epsilon"), "$.act"),
    (drop("act", "choose"), "$.act"),
    (put("losses", "td", {"weight": 1}), "$.losses.td"),
    (put("learner", "updates", "2 each episode"), "$.learner.updates"),
    (put("learner", "kind", "off"), "$.learner.kind"),
    (put("learner", "replay", "batch", 0), "$.learner.replay.batch"),
    (put("learner", "target", "every", "0 episodes"), "$.learner.target.every"),
    (put("learner", "target", "tau", 0.1), "$.learner.target"),
    (put("learner", "target", {"kind": "polyak"}), "$.learner.target"),
    (put("learner", "target", {"every": "5 updates"}), "$.learner.target"),
    (put("learner", "kind", "on_policy"), "$.learner"),
    (put("params", "p", {"kind": "constant", "from": 1, "to": 2}), "$.params.p"),
    (put("params", "p", {"kind": "cosine", "to": 1, "over": "9 updates", "at": []}), "$.params.p"),
    (put("params", "p", {"kind": "piecewise", "from": 1, "over": "9 updates", "at": [[1.5, 0]]}),
     "$.params.p"),
    (put("learner", "optimizers", "main", {"kind": "adam", "betas": [0.9, 1]}),
     "$.learner.optimizers.main.betas[1]"),
    (drop("learner", "optimizers", "main", "kind"), "$.learner.optimizers.main"),
    (put("learner", "optimizers", "main", "betas", [0.9, 0.99]), "$.learner.optimizers.main"),
    (put("learner", "optimizers", "main", "lr", 0), "$.learner.optimizers.main.lr"),
    (put("claims", {"igm": {"joint": "q_tot"}}), "$.claims.igm"),
    (put("paper", {"year": 2020}), "$.paper"),
])
def test_a_whole_file_with_one_mistake(change: Callable[[Any], None], place: str) -> None:
    data = copy.deepcopy(WHOLE)
    assert mistakes(data) == []
    change(data)
    assert place in mistakes(data)
    with pytest.raises(SpecError):
        load_data(data)


@pytest.mark.parametrize("patch", [
    {"graph": {"q_in": None}}, {"graph": {"q_in": {"visible": "env.visible"}}}, {"params": {"lambda": None}},
    {"graph": {"groups": {"block": "random_partition", "parts": 3}}}, {"networks": {"w1": {"nodes": {"x": {"to": 8}}}}},
    {"networks": {"w1": {"nodes": {"x": None}}}}, {"losses": {"aux": None}}, {"losses": {"td": {"weight": 2}}},
    {"act": {"epsilon": {"over": "10 updates"}}}, {"learner": {"optimizers": {"main": {"lr": 0.1}}}},
    {"learner": {"optimizers": {"main": None, "other": {"kind": "adam"}}}}, {"claims": {"igm": {"status": "none"}}},
    {"graph": {"imagined": {"of": ["taken_in", "taken_out"], "along": None}}}, {"example_env": None},
    {"networks": {"w1": {"replace": True, "nodes": {"a": "1"}, "returns": "a"}}}, {"axes": {"factor": 16}},
])
def test_patches(patch: dict[str, Any]) -> None:
    head = {"compose": 1, "name": "mine", "summary": "A patch."}
    assert mistakes({**head, "extends": "refil", **patch}) == []
    assert mistakes({**head, "extends": ["refil", "mine/other.yaml"], **patch}) == []
    assert mistakes({**head, **patch}) != []


@pytest.mark.parametrize(("patch", "place"), [
    ({"graph": {"q_in": {"visible": ["env.visible", "x"], "seen": []}}}, "$.graph.q_in.seen"),
    ({"graph": {"groups": {"block": "random_partition", "parst": 3}}}, "$.graph.groups"),
    ({"learner": {"replay": None}}, "$.learner.replay"), ({"networks": None}, "$.networks"),
    ({"networks": {"w1": {"replace": True, "nodes": {"a": {"of": "1"}}}}}, "$.networks.w1"),
    ({"learner": {"optimizers": {"main": {"learning_rate": 0.1}}}}, "$.learner.optimizers.main"),
    ({"losses": {"aux": {"wieght": 0.5}}}, "$.losses.aux"),
])
def test_mistakes_in_patches(patch: dict[str, Any], place: str) -> None:
    assert place in mistakes({"compose": 1, "name": "mine", "summary": "A patch.", "extends": "refil", **patch})


def test_every_block_and_field_is_described() -> None:
    for tag, cls in catalogue().items():
        shown = SCHEMA["$defs"][f"block.{tag.replace('/', '.')}"]
        assert shown["description"].split()[:3] == (cls.__doc__ or "").replace("``", "`").split()[:3]
        assert not [n for n, field in shown["properties"].items() if n != "block" and not field.get("description")]
    for name in ("spec", "loss", "greedy", "epsilongreedy", "categorical", "replaylearner", "onpolicylearner",
                 "constant", "curve", "piecewise", "rmsprop", "adam", "replaysettings", "copytarget", "polyaktarget",
                 "paper", "claims", "igm", "network", "application", "patch"):
        fields = (SCHEMA if name == "spec" else SCHEMA["$defs"][name])["properties"]
        assert not [field for field, shown in fields.items() if not shown.get("description")], name
    port = SCHEMA["$defs"]["block.attention"]["properties"]["mask"]["description"]
    assert port == "True where the query may see the key. Takes bool[... Query? Key?]."
    assert SCHEMA["$defs"]["block.random_partition"]["properties"]["parts"]["default"] == 2


def test_blocks_of_plug_ins_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.blocks.test_entry_points import define

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry.catalogue()))
    define()
    schema = json_schema()
    assert "acme/halve" in schema["$defs"]["node"]["else"]["properties"]["block"]["enum"]
    spec = {**WHOLE, "graph": {"q": {"block": "acme/halve", "of": "x"}}}
    assert list(Draft202012Validator(schema).iter_errors(spec)) == []
    assert mistakes(spec) == ["$.graph.q.block"]


def test_the_line_for_editors_is_a_comment() -> None:
    text = dump(WHOLE)
    assert load_text(f"# yaml-language-server: $schema=compose.schema.json\n{text}").spec == load_text(text).spec
