"""What is printed and written does not depend on the process: not on the order in which sets give their members."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    ("diff", "qmix_attention", "refil", "--json", "--svg", "diff.svg"),
    ("graph", "qtran_attention", "--svg", "graph.svg"), ("resolve", "opt"), ("explain", "opt", "graph"),
    ("check", "vast_qtran"), ("build", "refil_group_matching", "--emit", "refil.py"),
)
CODE = f"""
from typer.testing import CliRunner
from compose.cli.app import app
for command in {COMMANDS!r}:
    print(CliRunner().invoke(app, command, prog_name="compose").output)
"""


@pytest.mark.more
def test_two_processes_say_the_same(tmp_path: Path) -> None:
    said = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        ran = subprocess.run([sys.executable, "-c", CODE], cwd=folder, env={**os.environ, "PYTHONHASHSEED": seed},
                             check=True, capture_output=True)
        said.append((ran.stdout, {path.name: path.read_bytes() for path in sorted(folder.iterdir())}))
    assert said[0][0] == said[1][0]
    assert said[0][1] == said[1][1]
    assert list(said[0][1]) == ["diff.svg", "graph-2.svg", "graph.svg", "refil.py", "refil.safetensors"]
