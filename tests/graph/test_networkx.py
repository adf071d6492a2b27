"""The typed graph for networkx."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from compose.graph.build import build_graph
from compose.language.load import load
from tests.specs.schemas import small_schema


@pytest.mark.parametrize("spec", ["refil", "vast_qmix", "qmix_attention_popart"])
def test_it_says_what_the_graph_says(spec: str) -> None:
    graph = build_graph(load(spec), small_schema(3, 2))
    found = graph.networkx()
    kinds = dict(found.nodes(data="kind"))
    assert {n for n, kind in kinds.items() if kind == "node"} == {node.name for node in graph.nodes()}
    assert {n for n, kind in kinds.items() if kind == "weight"} == {*graph.weights}
    assert {n for n, kind in kinds.items() if kind == "loss"} == {f"losses.{name}" for name in graph.losses}
    assert nx.is_directed_acyclic_graph(found)
    order = {name: place for place, name in enumerate(nx.topological_sort(found))}
    assert all(order[v.node.name] < order[node.name] for node in graph.nodes() for v in node.operands() if v.node)
    for name, term in graph.losses.items():
        read = {n.removeprefix("env.") for n in nx.ancestors(found, f"losses.{name}") if kinds[n] == "field"}
        assert read == {*graph.fields(term.operands()[:3])}


def test_edges_say_port_type_and_lagged_copies() -> None:
    graph = build_graph(load("qmix_attention"), small_schema(3, 2)).networkx()
    (edge,) = graph.get_edge_data("env.entities", "seen").values()
    assert edge["type"] == "[batch time entity feature]"
    copies = {edge["lagged"] for _, to, edge in graph.out_edges("utility.q.weight", data=True)}
    assert copies == {False, True}
    assert graph.nodes["q.h"]["block"] == "gru"
    assert nx.has_path(graph, "utility.h.hidden", "act")


def test_it_can_be_written_down() -> None:
    graph = build_graph(load("refil"), small_schema(3, 2)).networkx()
    again = nx.node_link_graph(json.loads(json.dumps(nx.node_link_data(graph, edges="edges"))), edges="edges")
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(again.edges(data=True, keys=True)) == list(graph.edges(data=True, keys=True))
