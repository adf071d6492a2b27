"""``compose explain``: places of every kind, specs with mistakes, and places that are not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compose.cli.views.explanation import Explained, data, explained, show
from compose.language.diagnostics import dotted
from compose.language.load import load
from compose.language.places import find, members, parse_path
from compose.language.provenance import dig
from compose.reading.explanation import explain
from compose.reading.explore import Exploration
from tests.cli.conftest import Run
from tests.specs.handful import few
from tests.specs.packaged import SPECS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_an_input(run: Run) -> None:
    ran = run("explain", "refil", "graph.q_in.visible", "--env", "smac/3-8sz")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:2] == ["graph.q_in.visible  refil in smac/3-8sz", "  input of network 'utility'"]
    assert "  value     env.visible & groups.within" in lines
    assert "  comes to  bool[batch time agent 8 entity 16]" in lines
    assert "  must be   bool[batch time agent entity]" in lines
    assert "  compose/specs/refil.yaml:15" in lines
    assert "  agent    8  smac/3-8sz" in lines
    assert "  networks.utility.nodes.a.mask  visible  qmix_attention.yaml:18" in lines
    assert max(map(len, lines)) <= 100


def test_an_override_and_what_it_overrode(run: Run) -> None:
    ran = run("explain", "refil", "lambda", "--set", "params.lambda=0.3")
    assert "set by  what it overrode stands below\n" \
           "  --set params.lambda=0.3   0.3\n" \
           "  compose/specs/refil.yaml:11   0.5\n" \
           "      params: {lambda: 0.5}\n" in ran.out
    weight = run("explain", "refil", "losses.td.weight", "--set", "params.lambda=0.3")
    assert "  value     1 - lambda\n  comes to  0.7\n" in weight.out
    assert "  params.lambda  0.3  --set\n" in weight.out


def test_every_ancestor_is_named_newest_first() -> None:
    found = explained("refil", "act.epsilon.over", None, ["act.epsilon.over=7 updates"]).about
    assert [(o.value, o.span.file, o.span.line) for o in found.origins] == [
        ("7 updates", "--set", 1), ("500000 env_steps", "compose/specs/qmix_attention.yaml", 54),
        ("50000 env_steps", "compose/specs/eql.yaml", 15)]


def test_what_went_with_a_mapping_that_was_replaced(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("compose: 1\nname: mine\nsummary: Adam.\nextends: refil\n"
                    "learner: {optimizers: {main: {kind: adam, lr: 1e-3}}}\n")
    ran = run("explain", str(file), "learner.optimizers.main.lr")
    assert f"  {file}:5   0.001\n" in ran.out
    assert "  compose/specs/eql.yaml:24   0.0005   with all of learner.optimizers.main\n" in ran.out


def test_packaged_specs_elsewhere_are_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "  packaged spec refil.yaml:11\n      params: {lambda: 0.5}\n" in run("explain", "refil", "lambda").out


def test_a_default_is_said_to_be_one(run: Run) -> None:
    ran = run("explain", "refil", "graph.q_in.target")
    assert "Apply the lagged copy, nested networks too." in ran.out
    assert "  value  false   (the default: nobody sets it)\n" in ran.out
    assert run("explain", "refil", "graph.q_in.target", "--json").json["default"] is True


def test_a_node_in_an_application(run: Run) -> None:
    ran = run("explain", "refil", "q.a", "--env", "smac/3-8sz")
    for text in (
        "q.a  refil in smac/3-8sz\n  block 'attention'\n", "`softmax_k(q k / sqrt(d)) v`",
        "it is     networks.utility.nodes.a", "comes to  [batch time agent 8 embed 128]   in q\n",
        "Query   [agent 8]     from queries", "embed   128  params.embed, qmix_attention.yaml:12",
        "utility.a.query  16,384  [embed 128 embed 128]",
        "bias     true                                           default",
    ):
        assert text in ran.out
    everywhere = run("explain", "refil", "networks.utility.nodes.a", "--json").json
    assert everywhere["comes_to"][0]["in"] == ["q", "q_bar", "q_in", "q_out"]


@pytest.mark.parametrize(("path", "said"), [
    ("env.visible", "field of the environment, local"),
    ("agent", "axis of the environment"),
    ("factor", "axes.factor: 2 * agent, refil.yaml:12; rows of agent and agent"),
    ("groups.within", "  .within  bool[batch agent 8 entity 16]\n"),
    ("learner", "  qmix_attention.yaml:57 (was 1)\n"),
    ("epsilon", "is it one of: act.epsilon?"),
    ("act.epsilon", "  over  500000 env_steps"),
    ("networks.utility.inputs.visible", "graph.q_in.visible   env.visible & groups.within  refil.yaml:15"),
    ("losses", "  td   {of: square(q_tot - y), weight: 1 - lambda}"),
])
def test_other_places(run: Run, path: str, said: str) -> None:
    ran = run("explain", "refil", path, "--env", "smac/3-8sz")
    assert said in ran.out + ran.err


def test_the_reader_of_one_output_is_not_that_of_another(run: Run) -> None:
    paths = [r["path"] for r in run("explain", "refil", "groups.within", "--json").json["read_by"]]
    assert paths == ["graph.q_in.visible", "graph.w1_in.mask"]


def test_a_type_error_is_noted_and_the_rest_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("compose: 1\nname: mine\nsummary: Wrong.\nextends: refil\ngraph: {q_in: {visible: groups.label}}\n")
    ran = run("explain", str(file), "q_in.visible")
    assert ran.code == 0
    assert "  comes to  int[batch entity]\n" in ran.out
    assert f"  {file}:5   groups.label\n" in ran.out
    assert "this spec has a mistake\n" in ran.out
    assert "graph.q_in.visible: expected bool[batch time agent entity], got int[batch entity]" in ran.out
    assert "  comes to  nothing: it does not type, see below\n" in run("explain", str(file), "q_in").out


def test_a_mistake_of_form_leaves_values_and_their_lines(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("compose: 1\nname: mine\nsummary: Wrong.\nextends: refil\nparams: {lambda: '0.5'}\n")
    ran = run("explain", str(file), "lambda")
    assert (ran.code, f"  {file}:5   '0.5'".replace("'", '"') in ran.out) == (0, True)
    assert "error[spec.type]" in ran.out
    wrong = run("explain", str(file), "lamda")
    assert (wrong.code, "there is no 'lamda' in the spec" in wrong.err, "spec.type" in wrong.err) == (2, True, True)


@pytest.mark.parametrize("path", ["", " ", ".", "graph.", "graph..q", "q_im", "graph.q_in.visable", "imagined.of[9]",
                                  "imagined.of[x]", "env.visble", "env", "q_in.visible.x", "networks.x", "0", "[0]"])
def test_silly_paths(run: Run, path: str) -> None:
    ran = run("explain", "refil", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error[path.")


@pytest.mark.parametrize("name", few(SPECS))
def test_every_node_and_loss_can_be_explained(name: str) -> None:
    loaded = load(name)
    spec, ex = loaded.spec, Exploration(loaded, None)
    for at in [("graph", n) for n in spec.graph] + [("losses", n) for n in spec.losses]:
        found: Any = data(Explained(explain(ex, at), loaded.document, None, loaded, ex.graph))
        assert found["at"] == list(at)
        assert found["set_by"]["file"].startswith("compose/specs/")
        wanted = {str(k) for k, v in members(find(spec, at).value).items() if v is not None} - {"block", "network"}
        assert set(found["members"]) == wanted
        if at[0] == "graph" and not spec.abstract:
            assert found["comes_to"], at


@pytest.mark.parametrize("name", ["refil_official", "qmix_updet"])
def test_every_value_that_is_written_can_be_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = load(name)
    ex = Exploration(loaded, None)
    for at in loaded.document.values:
        if at:
            about = explain(ex, parse_path(dotted(at)))
            assert (about.at, about.default) == (at, False)
            assert about.value == dig(loaded.document.data, at)
            found = Explained(about, loaded.document, None, loaded, ex.graph)
            json.dumps(data(found))
            show(found)
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 110] == []


def test_no_torch() -> None:
    code = "import sys; from compose.cli.app import app\n" \
           "try: app(['explain', 'refil', 'q.a', '--env', 'smac/3-8sz'])\nexcept SystemExit as e: assert not e.code\n" \
           "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
