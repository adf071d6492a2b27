"""``compose resolve``: what it writes loads back as the same spec, and says where everything came from."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import compose
from compose.language.diagnostics import dotted
from compose.language.files import packaged_specs
from compose.language.load import load, load_data
from compose.language.places import parse_path
from compose.language.source import load as read
from compose.reading.explanation import explain
from compose.reading.explore import Exploration
from compose.reading.resolved import filled, resolved
from tests.cli.conftest import Run
from tests.language.test_roundtrip import SPECS as GENERATED
from tests.specs.handful import few

ROOT = Path(__file__).resolve().parents[2]
SPECS = [*sorted(packaged_specs().glob("*.yaml")), *sorted((ROOT / "tests/specs/drafts").glob("*.yaml"))]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("file", few(SPECS), ids=lambda file: file.stem)
def test_what_is_written_means_the_same(file: Path) -> None:
    loaded = load(file, ["learner.environments=12"])
    ex = Exploration(loaded, None)
    for defaults in (False, True):
        text = resolved(ex, defaults=defaults)
        again = compose.loads(text)
        assert again == loaded.spec
        assert again.identity() == loaded.spec.identity()
        assert "extends" not in read(text, file.name).data
    assert set(_leaves(loaded.spec.data(defaults=True))) <= set(_leaves(read(text, file.name).data))


@given(GENERATED)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_specs_mean_the_same_and_can_be_explained(data: dict[str, Any]) -> None:
    loaded = load_data(data)
    ex = Exploration(loaded, None)
    assert compose.loads(resolved(ex)) == compose.loads(resolved(ex, defaults=True)) == loaded.spec
    for at in list(loaded.document.values)[1::7]:
        assert explain(ex, parse_path(dotted(at))).at == at


def _leaves(data: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    if not isinstance(data, dict):
        return [at]
    return [leaf for name, member in data.items() for leaf in _leaves(member, (*at, name))]


def test_comments_say_what_a_line_comes_to_and_who_set_it(run: Run) -> None:
    ran = run("resolve", "refil", "--env", "smac/3-8sz", "--set", "params.lambda=0.3")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:2] == ["# refil, resolved; sizes of smac/3-8sz",
                         "# made of eql.yaml, qmix_attention.yaml, refil.yaml"]
    for text in (
        r"  q_in:      \{network: utility, .*\} +# refil.yaml:15 +\[batch time agent 8 action 14\]",
        r"  y:         \{block: td_target, .*\} +# eql.yaml:10 +\[batch time\]",
        r"      a: \{block: attention, .*\} +# qmix_attention.yaml:18 +\[batch time agent 8 embed 128\]",
        r"  lambda: 0.3 +# --set",
        r"  factor: 2 \* agent +# refil.yaml:12 += 16",
        r"  td:  \{of: .*, weight: 1 - lambda\} +# qmix_attention.yaml:56; weight refil.yaml:25 +weight 0.7",
        r"  epsilon: \{.*\} +# eql.yaml:15; over qmix_attention.yaml:54",
    ):
        assert any(re.fullmatch(text, line) for line in lines), text


def test_comments_of_a_section_stand_under_each_other(run: Run) -> None:
    lines = run("resolve", "refil").out.splitlines()
    graph = lines[lines.index("graph:") + 1 : lines.index("act:")]
    assert len({line.index("# ") for line in graph}) == 1
    assert len({re.search(r"# \S+ +", line).end() for line in graph}) == 1  # type: ignore[union-attr]


def test_defaults(run: Run) -> None:
    short, long = run("resolve", "refil").out, run("resolve", "refil", "--defaults").out
    assert "tied" not in short
    q_in = long[long.index("  q_in:") : long.index("  q_out:")]
    assert re.search(r"visible: .* +# refil.yaml:15\n", q_in)
    assert all(re.search(rf"{name}: false +# default\n", q_in) for name in ("target", "frozen", "tied"))


def test_filling_leaves_what_was_said() -> None:
    assert filled({"a": {"b": "x"}, "c": 1}, {"a": {"b": "y", "d": 2}, "c": {"e": 3}, "f": 4}) == \
        {"a": {"b": "x", "d": 2}, "c": 1, "f": 4}


def test_the_canonical_json_is_what_the_hash_is_of(run: Run) -> None:
    text, digest = run("resolve", "refil", "--json"), run("resolve", "refil", "--hash")
    assert hashlib.sha256(text.out.encode()).hexdigest() == digest.out.strip() == compose.load("refil").identity()
    assert text.json["params"]["lambda"] == 0.5
    assert "name" not in text.json
    assert run("resolve", "refil", "--hash", "--set", "params.lambda=0.3").out != digest.out


def test_a_file_is_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "resolved.yaml"
    ran = run("resolve", "refil", "-o", str(file))
    assert (ran.code, ran.out.startswith(f"{file}  refil, sha256 ")) == (0, True)
    assert run("resolve", str(file), "--hash").out == run("resolve", "refil", "--hash").out
    assert run("check", str(file)).code == 0
    nowhere = run("resolve", "refil", "-o", str(tmp_path / "none" / "x.yaml"))
    assert (nowhere.code, "cannot be written: no such file or directory" in nowhere.err) == (2, True)
    assert sorted(tmp_path.iterdir()) == [file]


def test_a_spec_that_does_not_type_is_resolved_all_the_same(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("compose: 1\nname: mine\nsummary: Wrong.\nextends: refil\ngraph: {q_in: {visible: groups.label}}\n")
    ran = run("resolve", str(file))
    assert ran.code == 0
    assert "# it does not type: a mistake; `compose check` tells more\n" in ran.out
    assert f"# refil.yaml:15; visible {file}:5\n" in ran.out
    assert compose.loads(ran.out) == compose.load(file)


@pytest.mark.parametrize(("arguments", "said"), [
    (("refill",), "Did you mean 'refil'?"),
    (("refil", "--env", "smac/3-8s"), "Did you mean 'smac/3-8sz'?"),
    (("refil", "--hash", "--json"), "choose one"),
    (("tests/broken/misspelt_field.yaml",), "spec.unknown"),
])
def test_mistakes(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("resolve", *arguments)
    assert ran.code == 2
    assert said in ran.out + ran.err


@pytest.mark.parametrize("arguments", [["refil", "--env", "smac/3-8sz"], ["refil", "--hash"]])
def test_no_torch(arguments: list[str]) -> None:
    code = f"import sys; from compose.cli.app import app\ntry: app(['resolve', *{arguments}])\n" \
           "except SystemExit as e: assert not e.code\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
