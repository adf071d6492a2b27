"""``compose check``: outcomes, claims, mistakes and their exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.language import registry
from tests.cli.conftest import Run


def written(folder: Path, text: str) -> str:
    file = folder / "mine.yaml"
    file.write_text("compose: 1\nname: mine\nsummary: A test.\n" + text, encoding="utf-8")
    return str(file)


def test_a_good_spec(run: Run) -> None:
    ran = run("check", "refil", "--env", "smac/3-8sz")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "refil  smac/3-8sz"
    assert "decentralised    proved" in ran.out
    assert "igm              proved" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_without_an_environment_sizes_are_symbolic(run: Run) -> None:
    ran = run("check", "refil")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "refil  no environment: sizes are symbolic")


def test_a_claim_that_is_not_met(run: Run, tmp_path: Path) -> None:
    ran = run("check", written(tmp_path, "extends: refil\nclaims: {decentralised: refuted}\n"))
    assert ran.code == 1
    assert "decentralised is proved, but the spec claims 'refuted'" in ran.out


def test_a_leak_shows_its_path(run: Run, tmp_path: Path) -> None:
    ran = run("check", written(tmp_path, "extends: refil\ngraph: {q: {visible: true}}\n"))
    assert ran.code == 1
    assert "decentralised: the path\n    env.entities -> seen -> q.x -> q.a" in ran.out


def test_several_specs_make_a_table(run: Run) -> None:
    ran = run("check", "refil", "eql", "vdn_attention")
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line}
    assert ran.code == 2
    assert rows["refil"].endswith("met")
    assert rows["eql"].endswith("1 mistake")
    assert "spec.abstract" in ran.err


def test_mistakes_of_spec_and_environment_come_together(run: Run) -> None:
    ran = run("check", "refil", "--env", "smac/3-8s", "--set", "params.lamda=1")
    assert ran.code == 2
    assert "there is no parameter 'lamda' to set" in ran.err
    assert "Did you mean 'lambda'?" in ran.err
    assert "Did you mean 'smac/3-8sz'?" in ran.err


def test_a_mistake_has_its_line(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, "extends: refil\ngraph:\n  q_in: {visible: env.visble}\n")
    ran = run("check", file)
    assert ran.code == 2
    assert f"{file}:6:19  error[env.field]  graph.q_in.visible" in ran.err
    assert "Did you mean 'env.visible'?" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("flag", [("--json",), ("--format", "json")])
def test_json(run: Run, flag: tuple[str, ...]) -> None:
    good, bad = run("check", "refil", *flag), run("check", "refill", *flag)
    assert (good.code, good.json["ok"]) == (0, True)
    assert {p["name"]: p["outcome"] for p in good.json["specs"][0]["proofs"]}["igm"] == "proved"
    assert (bad.code, bad.json["ok"], bad.err) == (2, False, "")
    assert bad.json["specs"][0]["diagnostics"][0]["hint"] == "Did you mean 'refil'?"


def test_numeric_attack(run: Run, tmp_path: Path) -> None:
    env = ("--env", "group_matching:agents=3,cells=3", "--numeric", "--set", "params.embed=8")
    good = run("check", "vdn_attention", *env)
    assert (good.code, "no counter-example" in good.out) == (0, True)
    missing = run("check", written(tmp_path, "extends: vdn_attention\nexample_env: null\n"), "--numeric")
    assert (missing.code, "name one with --env" in missing.err) == (2, True)


@pytest.mark.parametrize("argument", ["nowhere/spec.yaml", "tests", "tests/"])
def test_files_that_are_no_specs(run: Run, argument: str) -> None:
    ran = run("check", argument)
    assert ran.code == 2
    assert ran.err.startswith("error[file.")


PLUGIN = '''
from typing import Annotated, Any, Literal
from compose.language.block import Block, Port

class Twice(Block):
    """Twice the value: `y = 2 x`."""
    block: Literal["mine/twice"]
    of: Annotated[Port, "..."]
    """x"""
    returns = "..."

    def compute(self, run: Any, *, of: Any) -> Any:
        return of * 2
'''


def test_plugin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry.catalogue()))
    file = tmp_path / "twice.py"
    file.write_text(PLUGIN, encoding="utf-8")
    spec = written(tmp_path, "extends: refil\ngraph:\n  louder: {block: mine/twice, of: q_aux}\n"
                             "losses: {aux: {of: square(louder - y), weight: lambda}}\n")
    assert run("check", spec, "--plugin", str(file)).code == 0
    shown = run("describe", "mine/twice", "--plugin", str(file))
    assert (shown.code, "Twice the value" in shown.out) == (0, True)
    file.write_text("1 / 0\n", encoding="utf-8")
    broken = run("check", "refil", "--plugin", str(file))
    assert (broken.code, "failed to load: ZeroDivisionError" in broken.err) == (2, True)
    assert run("check", "refil", "--plugin", str(tmp_path / "none.py")).code == 2
