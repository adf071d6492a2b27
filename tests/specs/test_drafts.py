"""Methods beyond the packaged ones: drafts must load, and type with symbolic sizes and against a schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.graph.build import build_graph
from compose.graph.proofs import prove
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


@pytest.mark.parametrize("path", DRAFTS, ids=lambda p: p.stem)
def test_claims_of_drafts_come_out(path: Path) -> None:
    for proof in prove(build_graph(load(path), small_schema())):
        assert proof.as_claimed, f"{proof.name}: {proof.outcome}, {proof.how}"


def test_identities_of_agents_know_their_slots() -> None:
    padding = next(p for p in prove(build_graph(load("iql"))) if p.name == "padding")
    assert padding.outcome == "not proved"
    assert padding.how == "weight 'utility.x.weight' has a row for every slot"
