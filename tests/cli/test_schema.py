"""``compose schema``: printed, written, with plug-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from compose.language import registry
from compose.language.json_schema import json_schema
from tests.cli.conftest import Run
from tests.cli.test_check import PLUGIN

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_printed(run: Run) -> None:
    ran = run("schema")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == json_schema()


def test_it_is_written_with_the_line_that_editors_need(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "compose.schema.json"
    ran = run("schema", "-o", str(file))
    assert ran.code == 0
    assert ran.out.splitlines()[1] == \
        "begin a spec beside it with:  # yaml-language-server: $schema=compose.schema.json"
    Draft202012Validator.check_schema(json.loads(file.read_text()))
    assert run("schema", "-o", str(tmp_path / "none" / "x.json")).code == 2
    assert list(tmp_path.iterdir()) == [file]


def test_plug_ins(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry.catalogue()))
    file = tmp_path / "twice.py"
    file.write_text(PLUGIN, encoding="utf-8")
    shown = run("schema", "--plugin", str(file)).json["$defs"]["block.mine.twice"]
    assert shown["description"] == "Twice the value: `y = 2 x`."
    assert shown["properties"]["of"]["description"] == "x Takes [...]."
    assert run("schema", "--plugin", str(tmp_path / "none.py")).code == 2


def test_no_torch() -> None:
    code = "import sys; from compose.cli.app import app\ntry: app(['schema'])\n" \
           "except SystemExit as e: assert not e.code\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
