"""Loops: legal through a delay that states its axes; what runs through them is not overlooked by proofs."""

from __future__ import annotations

import pytest

from compose.graph.build import build_graph
from compose.graph.proofs import Proof, prove
from compose.language.diagnostics import SpecError
from compose.language.load import load_text

LOOP = """
compose: 1
name: loop
summary: Agents remember something.
extends: qmix_attention
networks:
  utility:
    nodes:
      before: {block: previous, of: BACK, AXES}
      both:   h + before
      team:   {block: mean, of: both, over: agent, count: all}
      back:   {block: expand, of: team, along: agent}
      q:      {of: both}
"""


def proofs(text: str) -> dict[str, Proof]:
    return {p.name: p for p in prove(build_graph(load_text(text)))}


def spec(back: str, axes: str = "axes: batch time agent hidden") -> str:
    text = LOOP.replace("BACK", back).replace("AXES", axes)
    if back != "back":
        text = "\n".join(line for line in text.splitlines() if not line.strip().startswith(("team:", "back:")))
    return text


def test_a_loop_through_previous_types() -> None:
    graph = build_graph(load_text(spec("both")))
    assert str(graph.values["q.both"].type) == "[batch time agent hidden]"
    assert graph.values["q.both"] in graph.values["q.before"].node.operands()  # type: ignore[union-attr]


def test_an_agents_own_memory_is_its_own() -> None:
    assert proofs(spec("both"))["decentralised"].outcome == "proved"


def test_a_memory_of_the_team_is_a_leak() -> None:
    proof = proofs(spec("back"))["decentralised"]
    assert proof.outcome == "not proved"
    assert {"q.team", "q.before", "q.both#1"} <= set(proof.path)


def test_a_loop_must_state_its_axes() -> None:
    with pytest.raises(SpecError) as error:
        build_graph(load_text(spec("both", "start: 0")))
    (problem,) = error.value.diagnostics
    assert problem.code == "graph.cycle"
    assert problem.message == "cycle without a delay: both -> before -> both"
    assert "previous" in problem.hint


def test_a_loop_must_bring_back_the_axes_it_states() -> None:
    with pytest.raises(SpecError) as error:
        build_graph(load_text(spec("both", "axes: batch time agent embed")))
    assert any("expected [batch time agent embed], as `axes` says, got [batch time agent embed hidden]" in d.message
               or "got [batch time agent hidden embed]" in d.message for d in error.value.diagnostics)
