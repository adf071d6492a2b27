"""The documentation builds as a site, without the network, and points nowhere that is not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from compose.cli.views.catalogue import spec_summaries

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_site(tmp_path: Path) -> None:
    folder = built(tmp_path / "site")
    every_page_and_every_method_is_there(folder)
    nothing_comes_from_elsewhere(folder)
    a_method_page_shows_the_method(folder)


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
