"""How many numbers a batch becomes on its way through a graph: from the types alone, before there is a tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass

from compose.graph.graph import Graph
from compose.graph.node import Node, Value


@dataclass(frozen=True)
class Activations:
    """Numbers of one pass; the compiled program, which leaves out rows of nobody and steps after the end, has fewer."""

    learned: int
    """Kept until gradients are known."""
    acted: int
    """Of one step of acting."""


def activations(graph: Graph, batch: int, steps: int) -> Activations:
    """Numbers that learning from ``batch`` episodes of ``steps`` time indices keeps, and that one step of acting in
    ``batch`` episodes makes.

    Each node has its outputs, and inside what each of its matrices (``[... out in]``) makes of every row that arrives:
    the keys, queries and values of attention. Kept is what a gradient goes through; lagged copies are not.
    """
    kept, through = 0, set[Value]()
    for node in graph.nodes(graph.learned()):
        trained = any(use.trained for use in node.weights.values())
        floats = {value for value in node.values.values() if value.type.dtype == "float"}
        if floats and not node.op.stopped and (trained or any(value in through for value in node.operands())):
            through |= floats
            kept += _numbers(graph, node, batch, steps)
    return Activations(kept, sum(_numbers(graph, node, batch, 1) for node in graph.nodes(graph.acted())))


def _numbers(graph: Graph, node: Node, batch: int, steps: int) -> int:
    lead = {"batch": batch, "time": steps}

    def size(axis: str) -> int:
        name = axis.rstrip("'")
        return lead[name] if name in lead else graph.table.size(axis) or 1

    rows = max((math.prod(map(size, value.type.axes[:-1])) for value in node.operands() if value.type.dtype == "float"),
               default=0)
    matrices = [info.axes for use in node.weights.values() if len((info := graph.weights[use.name]).axes) > 1]
    outputs = sum(math.prod(map(size, value.type.axes)) for value in node.values.values())
    return outputs + rows * sum(graph.table.size(axes[-2]) or 1 for axes in matrices)
