"""What nodes remember between updates: where it starts, and how it changes when they look at episodes.

Some look at what has been collected (the program ``observe``), some at every batch before its update (``refresh``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from compose.compiler.interpret import Interpreter, NodeRun
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.language.axes import signature

PROGRAMS = {"observe": "collection", "refresh": "update"}
"""Program -> when it runs."""


def keepers(graph: Graph, program: str | None = None) -> list[Node]:
    """The nodes that have statistics and that a loss, acting, the log or another of them reads, or those that a program
    changes."""
    read = graph.outcomes()
    while True:
        nodes = [node for node in graph.nodes(read) if node.op.statistics(node)]
        more = [value for node in nodes for value in node.late.values() if value not in read]
        if not more:
            break
        read += more
    return [node for node in nodes if program is None or node.op.watches == PROGRAMS[program]]


def initial(graph: Graph, *, device: torch.device | str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Statistics before anything was seen, as ``NODE.NAME``."""
    return {
        f"{node.name}.{name}": torch.full([graph.table.size(a) or 0 for a in one.axes], one.start, dtype=dtype,
                                          device=device)
        for node in keepers(graph) for name, one in node.op.statistics(node).items()
    }  # fmt: skip


def read(graph: Graph, program: str) -> dict[str, Value]:
    """What a program computes: everything that its nodes look at, by name."""
    values = [value for node in keepers(graph, program) for value in (*node.operands(), *_looked_at(node).values())]
    return {value.name: value for value in values if value.constant is None}


def watched(interpreter: Interpreter, program: str) -> dict[str, Any]:
    """All statistics of a program's nodes after they looked at the values that the interpreter holds."""
    found: dict[str, Any] = {}
    for node in keepers(interpreter.graph, program):
        run = NodeRun(node, interpreter)
        late = {port: _aligned(interpreter, node, port, value) for port, value in _looked_at(node).items()}
        found |= {f"{node.name}.{name}": x for name, x in node.op.observe(run, **run.ports(), **late).items()}
    return found


def _looked_at(node: Node) -> dict[str, Value]:
    """Its late ports, but for the node whose weights it rewrites."""
    rewritten = node.op.rewrites and node.op.rewrites.port
    return {port: value for port, value in node.late.items() if port != rewritten}


def _aligned(interpreter: Interpreter, node: Node, port: str, value: Value) -> Any:
    axes = tuple(token.name for token in signature(node.op.ports()[port]).tokens)
    x = interpreter.value(value)
    if isinstance(x, bool):
        return torch.full([1] * len(axes), x)
    return align(x, value.type.axes, axes)


def rewrite(graph: Graph, old: Mapping[str, Tensor], new: Mapping[str, Tensor],
            weights: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    """Rewrite the weights, online and lagged, that keepers declare to rewrite."""
    for node in keepers(graph, "refresh"):
        wants = node.op.rewrites
        head = node.late[wants.port].node if wants and wants.port in node.late else None
        if wants is None or head is None:
            continue
        names = list(node.op.statistics(node))
        before, after = ({n: kept[f"{node.name}.{n}"] for n in names} for kept in (old, new))
        for held in (weights, target):
            mine = {name: held[use.name] for name, use in head.weights.items()
                    if name in wants.weights and use.name in held}
            for name, x in node.op.rewritten(before, after, mine).items() if mine else ():
                mine[name].copy_(x)
