"""Methods beyond the packaged ones: drafts must load, and type with symbolic sizes and against a schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.graph.build import build_graph
from compose.language.load import load
from tests.specs.schemas import small_schema

DRAFTS = sorted((Path(__file__).parent / "drafts").glob("*.yaml"), key=lambda p: p.stem)


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_draft_types_without_an_environment(path: Path) -> None:
    graph = build_graph(load(path))
    assert graph.losses
    assert graph.act_values is not None
    assert str(graph.act_values.type) == "[batch time agent action]"


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_draft_types_against_a_schema(path: Path) -> None:
    graph = build_graph(load(path), small_schema())
    for name, weight in graph.weights.items():
        sizes = [graph.table.size(a) for a in weight.axes]
        assert all(sizes), f"{name}: {weight.axes} is {sizes}"
