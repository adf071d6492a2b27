"""The table of all methods: every row is a spec that loads, says what the page says, and none is missing."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from compose.language.files import packaged_specs
from compose.language.load import load
from tests.docs.snippets import ROOT

MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "catalogue.py"))
ROWS, PAGE = MADE["ROWS"], (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
SETTINGS = ("coma", "ippo", "iql", "mappo", "qmix", "vdn")
"""Methods of which presets of libraries are named METHOD_LIBRARY (docs/presets.md)."""
LIBRARIES = ("benchmarl", "epymarl", "jaxmarl", "jaxmarl_mpe", "marllib", "pymarl", "pymarl2")


def test_every_packaged_method_has_a_row() -> None:
    told = {part.split()[0] for row in ROWS for part in row.parts}
    presets = {f"{method}_{library}" for method in SETTINGS for library in LIBRARIES}
    names = {path.stem for path in packaged_specs().glob("*.yaml")} - presets
    beside = {name for name in names if name.endswith("_official") or load(name).spec.abstract}
    assert names - told - beside <= {"opt_official_unscaled", "ptm_group_matching", "ptm_masked_mixer", "vast_qtran"}


def test_the_page_has_these_rows() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]
    assert [line.split(" | ")[0].strip("| ") for line in lines] == [row.name for row in ROWS]
    assert all(bool(line.rstrip("| ").split(" | ")[-1].count(": ")) == bool(row.case)
               for line, row in zip(lines, ROWS, strict=True))


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in (
    "QMIX", "QMIX (EMP)", "REFIL, any lambda", "OPT, N = 2", "VAST (QMIX, Spatial), eta 1/4 or 1/2")],
    ids=lambda row: row.name)
def test_a_row_says_what_check_says(row: Any) -> None:
    assert MADE["line"](row, measure=False).rstrip("| ") in PAGE
