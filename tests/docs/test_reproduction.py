"""The page of the papers' claims says what the committed results say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from compose.study.file.reading import load_study, packaged_studies
from compose.study.results import read_results
from compose.study.runs.planned import planned

ROOT = Path(__file__).resolve().parents[2]
MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "reproduction.py"))
RESULTS = sorted((ROOT / "docs" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_results_are_of_studies_that_are_here(path: Path) -> None:
    plan = planned(load_study(path.stem))
    found = read_results(path, plan)
    assert len(found.runs) + len(found.missing) == len(plan.runs)
    assert path.stat().st_size < 2_000_000
    assert path.with_suffix(".html").is_file()


@pytest.mark.more
def test_the_tables_are_those_of_the_results() -> None:
    text = MADE["PAGE"].read_text(encoding="utf-8")
    assert MADE["page"](text) == text


def test_every_packaged_study_can_be_read() -> None:
    for path in packaged_studies().glob("*.yaml"):
        loaded = load_study(path.stem)
        assert loaded.study.study == path.stem
        assert planned(loaded).runs
