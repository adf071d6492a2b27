"""What nodes remember between updates: where it starts, and how it changes when episodes have been collected."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from compose.compiler.interpret import Interpreter, NodeRun
from compose.graph.graph import Graph
from compose.graph.node import Node, Value


def keepers(graph: Graph) -> list[Node]:
    """The nodes that have statistics and that a loss reads."""
    return [node for node in graph.nodes(graph.learned()) if node.op.statistics(node)]


def initial(graph: Graph, *, device: torch.device | str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Statistics before anything was collected, as ``NODE.NAME``."""
    return {
        f"{node.name}.{name}": torch.full([graph.table.size(a) or 0 for a in one.axes], one.start, dtype=dtype,
                                          device=device)
        for node in keepers(graph) for name, one in node.op.statistics(node).items()
    }  # fmt: skip


def read(graph: Graph) -> list[Value]:
    """What the program `observe` reads."""
    return [value for node in keepers(graph) for value in node.operands()]


def observed(interpreter: Interpreter) -> dict[str, Any]:
    """The body of the program `observe`: all statistics after the episodes that the interpreter reads."""
    found: dict[str, Any] = {}
    for node in keepers(interpreter.graph):
        interpreter.evaluate(node.operands())
        run = NodeRun(node, interpreter)
        found |= {f"{node.name}.{name}": x for name, x in node.op.observe(run, **run.ports()).items()}
    return found
