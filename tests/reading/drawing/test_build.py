"""Pictures of methods: every node once, every wire an edge, what is known of each box."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from compose.graph.build import build_graph
from compose.language.block import Block
from compose.language.expressions import references
from compose.language.load import load_data
from compose.language.nodes import Application
from compose.language.values import Expr
from compose.reading.drawing import draw
from tests.reading.drawing.methods import NAMES, child, drawn, loaded
from tests.specs.handful import few

OUTSIDE = ("env", "played")
"""What names begin with that are no nodes."""


@pytest.mark.parametrize("name", few(NAMES))
def test_every_node_stands_once(name: str) -> None:
    spec, boxes = loaded(name).spec, [box for panel in drawn(name).panels for box in panel.boxes]
    counts = Counter(box.key for box in boxes)
    assert set(counts.values()) == {1}
    wanted = {*spec.graph, "act", *(f"losses.{loss}" for loss in spec.losses)}
    for network, body in spec.networks.items():
        wanted |= {f"{network}.{node}" for node in (*body.nodes, *body.inputs)}
    fields = {box.key for box in boxes if box.kind == "field"}
    assert counts.keys() - fields == wanted
    assert all(key.startswith(("env.", "played.")) or ".env." in key for key in fields)


def ports(node: Any) -> list[Expr]:
    """Every expression wired to a node, read off the model."""
    if isinstance(node, Expr):
        return [node]
    if isinstance(node, Application):
        return list(node.inputs.values())
    assert isinstance(node, Block)
    given = [getattr(node, port) for port in node.ports()]
    return [e for g in given for e in (g if isinstance(g, tuple) else (g,))]


@pytest.mark.parametrize("name", few(NAMES))
def test_every_wire_has_an_edge(name: str) -> None:
    spec, picture = loaded(name).spec, drawn(name)
    bodies = [("", spec.graph, set(spec.graph))]
    bodies += [(f"{n}.", net.nodes, {*net.nodes, *net.inputs}) for n, net in spec.networks.items()]
    wanted: set[tuple[str, str]] = set()
    for prefix, nodes, names in bodies:
        wires = [(f"{prefix}{n}", e) for n, node in nodes.items() for e in ports(node)]
        if not prefix:
            wires += [(f"losses.{n}", loss.of) for n, loss in spec.losses.items()]
            wires += [(f"losses.{n}", e.where) for n, e in spec.losses.items() if e.where.text != "env.steps"]
            others = (getattr(spec.act, name, None) for name in ("where", "variance"))
            wires += [("act", e) for e in (spec.act.scores, *others) if e is not None]
        for target, expr in wires:
            for ref in references(expr.tree):
                if ref.parts[0] in OUTSIDE or ref.parts[0] in names:
                    wanted.add((prefix + (str(ref) if ref.parts[0] in OUTSIDE else ref.parts[0]), target))
    edges = [(e.source, e.target) for panel in picture.panels for e in panel.edges]
    assert set(edges) == wanted
    for panel in picture.panels:
        keys = {box.key for box in panel.boxes}
        assert all(e.source in keys and e.target in keys for e in panel.edges)
        assert len(set(panel.edges)) == len(panel.edges)


@pytest.mark.parametrize("name", ["refil", "tests/specs/drafts/soft_roles.yaml"])
def test_the_order_of_keys_does_not_matter(name: str) -> None:
    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = [(key, shuffled(member)) for key, member in value.items()]
        random.Random(7).shuffle(items)
        return dict(items)

    mixed = load_data(shuffled(loaded(name).document.data))
    there, here = draw(mixed, build_graph(mixed)), drawn(name)
    strip = {k: (b.kind, b.title, b.subtitle, b.network, b.zone, b.target) for k, b in here.boxes().items()}
    assert {k: (b.kind, b.title, b.subtitle, b.network, b.zone, b.target) for k, b in there.boxes().items()} == strip
    assert {e for p in there.panels for e in p.edges} == {e for p in here.panels for e in p.edges}


def test_refil() -> None:
    picture = drawn("refil")
    boxes = picture.boxes()
    assert [p.key for p in picture.panels] == [
        "graph", "network.utility", "network.w1", "network.b1", "network.w2", "network.v", "network.mixer",
    ]  # fmt: skip
    assert {p.key: p.like for p in picture.panels if p.like} == dict.fromkeys(
        ["network.b1", "network.w2", "network.v"], "network.w1")
    assert {k for k, b in boxes.items() if b.network == "utility" and b.kind == "application"} == \
        {"q", "q_bar", "q_in", "q_out"}
    assert [boxes[k].target for k in ("q", "q_bar", "v_bar")] == [False, True, True]
    assert boxes["utility.q"].returned
    assert boxes["losses.td"].subtitle == "square(q_tot - y)\nweight 1 - lambda"
    outputs = [(o.name, o.axes) for o in boxes["groups"].outputs]
    assert outputs == [("within", "agent entity"), ("across", "agent entity")]
    assert [(p.name, p.mark) for p in boxes["q_in"].ports] == [("entities", ""), ("visible", "&")]
    assert boxes["mixer.w1_pos"].outputs[0].axes == "Factor mixing"  # agents in one application, factors in another


def test_edges_say_what_they_carry() -> None:
    roles = drawn("tests/specs/drafts/soft_roles.yaml")
    edges = {(e.source, e.target, e.port): e for p in roles.panels for e in p.edges}
    assert edges["utility.h", "utility.guess_logits", "of"].via == "stop previous"
    assert edges["utility.h", "utility.guess_logits", "of"].kind == "stop"
    assert edges["q", "other_role", "of"].output == "role"
    assert edges["env.visible", "q", "visible"].kind == "mask"
    assert edges["q_bar", "taken_bar", "of"].kind == "target"
    assert edges["y", "losses.td", "of"].kind == "stop"  # a target passes no gradient
    tokens = [e for p in drawn("qmix_updet").panels for e in p.edges
              if (e.source, e.target) == ("utility.memory", "utility.tokens")]
    assert [e.kind for e in tokens] == ["delay"]


def test_zones_are_what_the_proof_finds() -> None:
    local = {key for key, box in drawn("refil").boxes().items() if box.zone == "local" and "." not in key}
    assert local == {"seen", "q", "act"}
    assert drawn("refil").boxes()["env.visible"].zone == "local"
    assert drawn("refil").boxes()["env.present"].zone == "central"
    assert [p.key for p in drawn("refil").panels if p.zone == "local"] == ["network.utility"]


def test_a_leak_is_not_local() -> None:
    leak = child("refil", graph={"q": {"visible": "groups.within"}}, claims={"decentralised": None})
    assert leak.boxes()["q"].zone == "central"
    assert leak.boxes()["act"].zone == "central"
    assert leak.boxes()["seen"].zone == "local"
    assert any("not proved" in line for line in leak.boxes()["q"].details.proofs)


def test_details() -> None:
    boxes = drawn("refil").boxes()
    attention = boxes["utility.a"].details
    assert attention.doc.startswith("Multi-head scaled dot-product attention")
    assert "softmax_k" in attention.doc
    assert attention.text.startswith("a: {block: attention, queries: agents(x), keys: x, mask: visible")
    assert attention.axes == ("a [batch time agent embed 128]",)
    assert attention.weights[0] == "utility.a.query [embed 128 embed 128] 16,384"
    assert attention.source.endswith("qmix_attention.yaml:18")
    assert boxes["utility.a"].details.proofs == ()
    assert boxes["utility.q"].details.proofs == boxes["q_tot"].details.proofs  # on the path of monotonicity
    assert any(line.startswith("igm: proved, monotone") for line in boxes["q_tot"].details.proofs)
    assert boxes["act"].details.proofs[0].startswith("decentralised: proved")
    assert boxes["env.visible"].details.doc == "True where the agent may see the entity."


def test_names_that_clash_are_told_apart() -> None:
    graph = {"act": "square(q_tot - y)"}
    picture = child("vdn_attention", graph=graph, losses={"td": {"of": "act"}})
    boxes = picture.boxes()
    assert (boxes["act"].kind, boxes["act'"].kind) == ("function", "act")
