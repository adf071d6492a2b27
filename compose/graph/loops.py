"""Loops: nodes that read one another through a delay, so that they are computed step by step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compose.graph.node import Node, Value

if TYPE_CHECKING:
    from compose.graph.graph import Graph


@dataclass(frozen=True, eq=False)
class Loop:
    """What goes round together."""

    delays: tuple[Node, ...]
    nodes: tuple[Node, ...]
    """Delays first, then operands before users: the order in which one step is computed."""

    @property
    def gives(self) -> list[Value]:
        """All that its nodes give."""
        return [value for node in self.nodes for value in node.values.values()]

    @property
    def reads(self) -> list[Value]:
        """What it is given from outside, numbers left out."""
        inside = set(self.gives)
        found = dict.fromkeys(v for node in self.nodes for v in node.operands() if v.constant is None)
        return [value for value in found if value not in inside]

    @property
    def stuck(self) -> tuple[Node, str] | None:
        """A node that cannot be computed step by step, and why."""
        inside = set(self.gives)
        for node in self.nodes:
            if any("time" not in value.type.axes for value in node.values.values()):
                return node, "its result has no axis 'time'"
            looks = node.op.ahead > 0 or not node.op.carries(node)
            if looks and any(node.joins("time", out) for v in node.operands() if v in inside
                             for out in node.values.values()):
                return node, "it reads other steps than its own"
        return None


def find_loops(graph: Graph, delays: Iterable[Node]) -> dict[Node, Loop]:
    """Every one of ``delays`` through which a loop runs, with its loop."""
    delays = list(delays)
    if not delays:
        return {}
    import networkx as nx

    order = graph.nodes([value for node in delays for value in node.values.values()])
    made: nx.DiGraph[Node] = nx.DiGraph()
    made.add_edges_from((v.node, node) for node in order for v in node.operands() if v.node is not None)
    found: dict[Node, Loop] = {}
    for part in nx.strongly_connected_components(made):
        mine = [node for node in delays if node in part]
        if mine and (len(part) > 1 or made.has_edge(mine[0], mine[0])):
            rest = [node for node in graph.nodes(cut=mine) if node in part and node not in mine]
            loop = Loop(tuple(mine), (*mine, *rest))
            found |= dict.fromkeys(mine, loop)
    return found
