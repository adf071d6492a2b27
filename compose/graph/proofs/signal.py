"""Learning signal: every weight gets gradient from some loss, and every loss trains something."""

from __future__ import annotations

from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof


def gradient_nodes(graph: Graph, value: Value) -> list[Node]:
    """Nodes that the gradient of ``value`` reaches: backwards, not past stops, targets, indices and masks."""
    reached: dict[Node, None] = {}
    open_values = [value]
    while open_values:
        node = open_values.pop().node
        if node is None or node in reached or _stops(node):
            continue
        reached[node] = None
        open_values += [v for v in node.operands() if v.type.dtype == "float"]
    return list(reached)


def _stops(node: Node) -> bool:
    if isinstance(node.op, Elementwise) and node.op.name == "stop":
        return True
    return node.op.stopped or all(v.type.dtype != "float" for v in node.values.values())


def trained(graph: Graph, value: Value) -> set[str]:
    """Names of the weights (not lagged copies) that the gradient of ``value`` reaches."""
    uses = [use for node in gradient_nodes(graph, value) for use in node.weights.values()]
    return {use.name for use in uses if not use.target}


def signal(graph: Graph) -> Proof:
    """Check that no weight is left without gradient and no loss without weights."""
    reach = {name: trained(graph, term.value) for name, term in graph.losses.items()}
    idle = [name for name, weights in reach.items() if not weights]
    if idle:
        return Proof("learning signal", "not proved", f"loss '{idle[0]}' trains no weight", (f"losses.{idle[0]}",))
    everything = {use.name for node in graph.nodes([*graph.learned(), *graph.acted()]) for use in node.weights.values()}
    missed = sorted(everything - set().union(*reach.values())) if reach else sorted(everything)
    if missed:
        how = f"no loss reaches {len(missed)} of {len(everything)} weight tensors, such as {missed[0]}"
        return Proof("learning signal", "not proved", how, (missed[0],))
    by = ", ".join(f"{name} {len(weights)}" for name, weights in reach.items())
    how = f"{len(everything)} weight tensors get gradient ({by}); none passes a stop"
    return Proof("learning signal", "proved", how)
