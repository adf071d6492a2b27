"""The documentation builds as a site, without the network, and points nowhere that is not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import compose
from compose.cli.views.catalogue import spec_summaries

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.more
def test_the_site(tmp_path: Path) -> None:
    folder = built(tmp_path / "site")
    every_page_and_every_method_is_there(folder)
    nothing_comes_from_elsewhere(folder)
    a_method_page_shows_the_method(folder)
    the_reference_is_made_of_docstrings(folder)
    a_page_that_is_opened_as_a_file_can_search(folder)


def built(folder: Path) -> Path:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1", "METHODS": "refil"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def every_page_and_every_method_is_there(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert pages <= {page.stem for page in site.glob("*.html")}
    assert set(spec_summaries()) <= {page.stem for page in (site / "methods").glob("*.html")}


def nothing_comes_from_elsewhere(site: Path) -> None:
    loaded = re.compile(
        r"""<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//"""
        r"""|<link[^>]*rel="(?:stylesheet|preconnect|icon)"[^>]*href="(?:https?:)?//"""
    )
    assert not [page for page in site.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))]
    assert not [sheet for sheet in site.rglob("*.css") if re.search(r"@import|url\(['\"]?https?:", sheet.read_text())]


def a_method_page_shows_the_method(site: Path) -> None:
    page = (site / "methods" / "refil.html").read_text(encoding="utf-8")
    for text in ("utility(seen, visible: env.visible &amp; groups.within)", "412,878", "square(q_aux - y)", "proved"):
        assert text in page


def the_reference_is_made_of_docstrings(site: Path) -> None:
    pages = {page.stem: page.read_text(encoding="utf-8") for page in site.glob("api*.html")}
    whole = "".join(pages.values())
    assert not [name for name in compose.__all__ if f'id="compose.{name}"' not in whole and name != "__version__"]
    assert not re.search(r":(func|class|meth|attr|data|mod):", whole)
    assert 'href="#compose.Model.params_at"' in pages["api_models"], "a reference"
    assert 'href="api_environments.html#compose.EntitySchema"' in pages["api"], "a type"
    assert '<i>target</i> ← (1 − <i>rate</i>)' in pages["api_models"], "an equation"


def a_page_that_is_opened_as_a_file_can_search(site: Path) -> None:
    """It may load scripts, so the index is one, but start no worker, so something stands in for that."""
    script = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("var __index = "))
    assert {"api.html", "blocks.html", "index.html"} <= {entry["location"] for entry in index["docs"]}
    for page in (site / "index.html", site / "methods" / "refil.html"):
        scripts = re.findall(r'<script src="([^"]*)"', page.read_text(encoding="utf-8"))
        assert [Path(name).name.partition(".")[0] for name in scripts] == ["iframe-worker", "bundle"]
        assert all((page.parent / name).is_file() for name in scripts)
    if node := shutil.which("node"):
        command = [node, str(ROOT / "tests" / "docs" / "search.js"), str(site), "sparsemax"]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert "blocks.html#sparsemax" in found
