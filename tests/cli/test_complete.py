"""The tab key: what is offered where, and that it imports no torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose.cli import complete
from compose.envs import families
from compose.language.registry import catalogue as blocks
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


def offered(line: str, where: Path = ROOT) -> list[str]:
    """What a bash whose cursor stands behind ``line`` is told."""
    code = ("import sys; sys.argv = ['compose']; from compose.cli.entry import main\n"
            "try: main()\nfinally: assert not {'torch', 'numpy'} & set(sys.modules)")
    words = line.split(" ")
    env = {**os.environ, "_COMPOSE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1),
           "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=where, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs, one of them of two seeds, and what is none."""
    for run in ("runs/first", "runs/many/seed_000", "runs/many/seed_001"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "run.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden" / "run").mkdir(parents=True)
    return tmp_path


def test_the_shell_is_told_without_torch(folder: Path) -> None:
    assert offered("compose check refil_m") == ["refil_multi_group"]
    assert offered("compose train refil --env group_m") == ["group_matching", "group_matching/small",
                                                            "group_matching/tasks"]
    assert offered("compose eval runs/f", folder) == ["runs/first"]
    assert offered("compose describe atten") == ["attention"]
    assert "--checkpoint-updates" in offered("compose train --check")
    assert offered("compose sche") == ["schema"]


def test_names() -> None:
    assert complete.envs("") == sorted(families.names())
    assert complete.blocks("") == sorted(blocks())
    assert {"refil", "attention", "smac/3-8sz", "passes"} <= set(complete.described(""))
    assert complete.specs("./") == []


def test_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert complete.runs("") == ["runs/", "runs/first"]
    assert complete.runs("runs/") == ["runs/first", "runs/many/seed_000", "runs/many/seed_001"]
    assert complete.runs("runs/many/seed_001") == ["runs/many/seed_001"]
    assert complete.runs("notes") == []
    assert complete.runs("nothing/there") == []
    assert complete.runs(f"{folder}/runs/f") == [f"{folder}/runs/first"]
    assert complete.policies("r") == ["random", "runs/", "runs/first"]
    assert complete.specs_and_runs("refil_m") == ["refil_multi_group"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_can_be_shown(run: Run, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: shell)
    ran = run("--show-completion")
    assert (ran.code, "_COMPOSE_COMPLETE" in ran.out) == (0, True)
