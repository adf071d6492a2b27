"""Who reads what."""

from __future__ import annotations

import pytest

from compose.graph.readers import readings
from compose.language.diagnostics import Path, dotted
from compose.language.files import packaged_specs
from compose.language.load import load
from compose.language.places import find

REFIL = readings(load("refil").spec)


@pytest.mark.parametrize(("target", "readers"), [
    (("params", "lambda"), {"losses.td.weight", "losses.aux.weight"}),
    (("graph", "q_in"), {"graph.taken_in.of"}),
    (("graph", "groups"), {"graph.q_in.visible", "graph.q_out.visible", "graph.w1_in.mask", "graph.w1_out.mask"}),
    (("networks", "utility"), {"graph.q", "graph.q_bar", "graph.q_in", "graph.q_out"}),
    (("networks", "utility", "inputs", "visible"), {"networks.utility.nodes.a.mask"}),
    (("networks", "utility", "nodes", "q"), {"networks.utility.returns"}),
    (("axes", "factor"), {"graph.imagined.as", "graph.w1_both.as"}),
    (("env", "last_action"), {"graph.seen.of"}),
    (("learner", "optimizers", "main"), {"losses.td", "losses.aux"}),
    (("graph", "q_tot"), {"losses.td.of", "claims.igm"}),
])
def test_readers_of_refil(target: Path, readers: set[str]) -> None:
    assert {dotted(reading.at) for reading in REFIL[target]} == readers


def test_a_look_inside_an_application_reads_both() -> None:
    found = readings(load("refil", ["losses.aux.of=square(q_aux - y) + square(q_tot.w1_pos)"]).spec)
    assert "losses.aux.of" in {dotted(r.at) for r in found[("graph", "q_tot")]}
    assert "losses.aux.of" in {dotted(r.at) for r in found[("networks", "mixer", "nodes", "w1_pos")]}


@pytest.mark.parametrize("name", sorted(path.stem for path in packaged_specs().glob("*.yaml")))
def test_what_is_read_and_who_reads_it_are_places(name: str) -> None:
    spec = load(name).spec
    for target, uses in readings(spec).items():
        if target[0] not in ("env", "axis") and not spec.abstract:
            assert find(spec, target).at == target
        for use in uses:
            assert find(spec, use.at).at == use.at
