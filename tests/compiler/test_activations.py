"""What a batch becomes is counted from types: by hand for a small spec, in proportion for all."""

from __future__ import annotations

from compose.compiler.activations import activations
from compose.graph.build import build_graph
from compose.language.load import load, load_text
from tests.specs.schemas import small_schema

TEXT = """
compose: 1
name: counted
summary: A small method.
extends: vdn
params: {hidden: 4}
networks:
  utility:
    nodes:
      h: null
      q: {of: x}
"""


def test_by_hand() -> None:
    schema = small_schema()
    graph = build_graph(load_text(TEXT), schema)
    cells, steps = 2 * 7 * 3, 2 * 7  # rows of agents; of steps
    utility = cells * (4 + 4) + cells * (8 + 8)  # of a layer what its matrix makes, and its output
    mixed = cells + 3 * steps  # values of what was done; their sum, the error and its square
    assert activations(graph, 2, 7).learned == utility + mixed
    observed = schema.sizes["observation"] + 8 + 3
    assert activations(graph, 2, 7).acted == 2 * 3 * observed + utility // 7


def test_in_proportion() -> None:
    graph = build_graph(load("refil"), small_schema())
    one, four = activations(graph, 2, 7), activations(graph, 8, 7)
    assert abs(four.learned / one.learned - 4) < 0.01
    assert four.acted == 4 * one.acted
    assert activations(build_graph(load("qmix_attention"), small_schema()), 2, 7).learned < one.learned
