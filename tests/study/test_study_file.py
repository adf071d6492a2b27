"""Files of studies: what they say, and what is said of their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from compose.language.diagnostics import SpecError
from compose.study.file.reading import load_study, packaged_studies
from compose.study.file.schema import study_schema
from tests.cli.conftest import Run, run
from tests.study.small import TEXT, read, write

__all__ = ["run"]

VARIED = """compose: 1
study: varied
specs: [refil_group_matching, qmix_attention_group_matching]
envs: [group_matching/small]
seeds: [3, 1]
train: {env_steps: 20k}
vary: {params.lambda: [0, 0.25, 0.5]}
"""


def test_what_a_file_says(tmp_path: Path) -> None:
    study = read(tmp_path).study
    assert (study.study, list(study.specs), study.seeds) == ("small", ["vdn", "qmix"], (0, 1))
    assert study.train.eval.every.count == 50
    assert study.train.threads == 1


def test_every_combination_is_a_method(tmp_path: Path) -> None:
    loaded = read(tmp_path, VARIED)
    assert [method.label for method in loaded.methods] == [
        "refil_group_matching[lambda=0]", "refil_group_matching[lambda=0.25]", "refil_group_matching[lambda=0.5]",
        "qmix_attention_group_matching"]  # which has no lambda
    assert loaded.study.seeds == (3, 1)
    assert loaded.method("refil_group_matching") is loaded.methods[2]  # 0.5 is what the spec says


def test_places_that_are_alike_at_their_end_are_told_whole(tmp_path: Path) -> None:
    text = VARIED.replace("{params.lambda: [0, 0.25, 0.5]}", "{learner.replay.batch: [8], params.lambda: [0, 1], "
                          "losses.td.weight: [1], losses.aux.weight: [0.5]}")
    labels = [method.label for method in read(tmp_path, text).methods]
    assert labels[0] == "refil_group_matching[batch=8,lambda=0,losses.td.weight=1,losses.aux.weight=0.5]"


def test_studies_build_on_others(tmp_path: Path) -> None:
    write(tmp_path)
    child = tmp_path / "child.yaml"
    child.write_text("compose: 1\nextends: ./small.yaml\nstudy: child\nseeds: 5\nspecs: {qmix: null}\n")
    loaded = load_study(str(child))
    assert (loaded.study.seeds, list(loaded.study.specs), loaded.study.train.updates) == ((5,), ["vdn"], 3)


def test_values_are_set_from_outside(tmp_path: Path) -> None:
    study = load_study(write(tmp_path), ["seeds=0..4", "train.updates=1k"]).study
    assert (len(study.seeds), study.train.updates) == (5, 1000)


def test_a_spec_lies_beside_its_study(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.yaml").write_text("compose: 1\nname: own\nsummary: Mine.\nextends: vdn_attention\n")
    text = TEXT.replace("vdn_attention", "mine/own.yaml")
    assert read(tmp_path, text).methods[0].spec.spec.name == "own"


@pytest.mark.parametrize(("change", "said"), [
    (("seeds: 0..1", "seeds: 5..2"), "small.yaml:7:8  error[study.value]  seeds: '5..2' counts down"),
    (("seeds: 0..1", "seeds: [1, 1]"), "names a seed more than once"),
    (("seeds: 0..1", "seeds: -1"), "of at least 0"),
    (("vdn_attention", "vdn_atention"), "Did you mean 'vdn_attention'?"),
    (("vdn_attention", "lost.yaml"), "there is no file"),
    (("params.embed: 8", "params.embd: 8"), "Did you mean 'embed'?"),
    (('envs: ["', 'envs: ["group_matching/smal", "'), "Did you mean 'group_matching/small'?"),
    (("updates: 3", "update: 3"), "the training has no field 'update'"),
    (("updates: 3, ", ""), "say when a run ends: env_steps, episodes or updates"),
    (("every: 50 env_steps", "every: 50 episodes"), "evaluations go by environment steps, not episodes"),
    (("every: 50 env_steps", "every: 50"), "expected a count and a clock"),
    (("updates: 3", "updates: 3, until: solvd=1"), "evaluations have no measure 'solvd'"),
    (("seeds: 0..1", "seeds: 0..1\nvary: {params.gama: [1]}"), "can be set in none of the specs"),
    (("seeds: 0..1", "seeds: 0..1\nvary: {params.gamma: []}"), "this must not be empty"),
    (("seeds: 0..1", "seeds: 0..1\nvary: {params.gamma: [0.9, high]}"), "small.yaml:8"),
    (("seeds: 0..1", "seeds: 0..1\nmeasure: {at: [5]}\ntrain: {env_steps: 3}"), "error[yaml.duplicate]"),
    (("updates: 3", "env_steps: 90"), None),
    (("updates: 3", "env_steps: 90}\nmeasure: {at: [100], score: {}"), "measure.score"),
    (("seeds: 0..1", "seeds: 0..1\nmeasure: {score: sucess}"), "measures no 'sucess'"),
    (("compose: 1\n", ""), "the language version is missing"),
    (("study: small", "study: ../small"), "is no name"),
    (("study: small", "summary: x"), "a study needs 'study'"),
    (("specs:", "extends: nothing\nspecs:"), "there is no packaged study 'nothing'"),
    (("specs:", "extends: ./small.yaml\nspecs:"), "a study cannot build on itself"),
])  # fmt: skip
def test_mistakes(tmp_path: Path, change: tuple[str, str], said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace(*change)
    assert text != TEXT
    (tmp_path / "small.yaml").write_text(text)
    if said is None:
        load_study("small.yaml")
        return
    with pytest.raises(SpecError) as caught:
        load_study("small.yaml")
    assert said in str(caught.value)


def test_steps_that_no_run_reaches(tmp_path: Path) -> None:
    text = TEXT.replace("train: {updates: 3,", "measure: {at: [50, 200]}\ntrain: {env_steps: 100,")
    with pytest.raises(SpecError, match="no run gets there: they end at 100 environment steps"):
        read(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = TEXT.replace("vdn_attention", "nothing_at_all").replace("group_matching:", "group_matchin:")
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    assert {one.code for one in caught.value.diagnostics} == {"file.unknown", "unknown-environment"}


def test_the_schema_knows_the_form() -> None:
    schema = study_schema()
    Draft202012Validator.check_schema(schema)
    valid = Draft202012Validator(schema)
    for text in (TEXT, VARIED, *(path.read_text() for path in packaged_studies().glob("*.yaml"))):
        assert not list(valid.iter_errors(yaml.safe_load(text)))
    for text in (TEXT.replace("updates: 3", "update: 3"), TEXT.replace("small", "Small Study"), VARIED + "claim: {}\n"):
        assert list(valid.iter_errors(yaml.safe_load(text)))
    described = [name for name, field in schema["properties"].items() if field.get("description")]
    assert set(schema["properties"]) - set(described) <= {"compose"}


def test_a_value_is_explained(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path)
    told = run("study", "explain", path, "train.updates", "--set", "train.updates=7").out
    assert told.splitlines() == ["train.updates: 7", "  Updates that end it.", "  set at --set train.updates=7",
                                 f"  before, 3 at {path}:8"]
    assert "nothing sets it" in run("study", "explain", path, "measure.window").out
    assert run("study", "explain", path, "seeds", "--json").json["value"] == "0..1"
    assert "Did you mean 'train.updates'?" in run("study", "explain", path, "train.update").err


def test_packaged_studies_are_listed(run: Run) -> None:
    names = {path.stem for path in packaged_studies().glob("*.yaml")}
    assert set(run("list", "studies", "--json").json["studies"]) == names
