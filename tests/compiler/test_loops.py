"""Loops through a delay type-check; compiling one is refused, and a delay that closes no loop is no loop."""

from __future__ import annotations

import pytest

from compose.compiler.compile import compile
from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load_text

HEAD = "compose: 1\nname: delayed\nsummary: A delay.\nextends: qmix_attention_group_matching\n"
DELAY = """\
networks:
  utility:
    nodes:
      late: {block: previous, of: a, axes: batch time agent embed}
      q: {of: relu(a) + late}
"""
LOOP = """\
networks:
  utility:
    nodes:
      late: {block: previous, of: mixed, axes: batch time agent embed}
      mixed: {block: linear, of: relu(a) + late, to: embed}
      q: {of: mixed}
"""


def test_a_loop_types_and_is_refused_by_the_compiler() -> None:
    schema = catalogue.schema("group_matching/small")
    loaded = load_text(HEAD + LOOP, name="delayed.yaml")
    assert sorted(node.name for node in build_graph(loaded, schema).loops) == ["q.late", "q_bar.late"]
    with pytest.raises(SpecError) as error:
        compile(loaded, schema)
    assert "delayed.yaml:8:7  error[compile.loop]  networks.utility.nodes.late: this loop types" in str(error.value)


def test_a_delay_that_states_its_axes_without_need_compiles() -> None:
    schema = catalogue.schema("group_matching/small")
    loaded = load_text(HEAD + DELAY, name="delayed.yaml")
    assert build_graph(loaded, schema).loops == {}
    assert compile(loaded, schema).initial_state(2)["q.late.previous"].shape == (2, 5, 64)
