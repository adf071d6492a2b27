"""A typed graph as a graph of networkx, for whoever wants to analyse a method: paths, cuts, components, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compose.graph.node import Value

if TYPE_CHECKING:
    import networkx as nx

    from compose.graph.graph import Graph


def digraph(graph: Graph) -> nx.MultiDiGraph[str]:
    """What :meth:`compose.graph.graph.Graph.networkx` gives."""
    import networkx as nx

    made: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=graph.spec.name)
    for name, weight in graph.weights.items():
        made.add_node(name, kind="weight", axes=" ".join(weight.axes), network=weight.network)
    for node in graph.nodes():
        block = str(getattr(node.op, "block", "") or getattr(node.op, "name", "") or type(node.op).__name__.lower())
        made.add_node(node.name, kind="node", block=block,
                      outputs={name: str(value.type) for name, value in node.values.items()})
        for port, wire in [*node.wires.items(), *node.presence.items()]:
            for item in wire if isinstance(wire, tuple) else (wire,):
                _wire(made, item, node.name, port)
        for local, use in node.weights.items():
            made.add_edge(use.name, node.name, port=local, output="", type="", lagged=use.target)
    for name, term in graph.losses.items():
        made.add_node(f"losses.{name}", kind="loss", optimizer=term.optimizer)
        for port, value in (("of", term.value), ("where", term.where), ("weight", term.weight)):
            _wire(made, value, f"losses.{name}", port)
    for port, found in (("scores", graph.act_values), ("variance", graph.act_variance), ("where", graph.act_where)):
        if found is not None:
            made.add_node("act", kind="act")
            _wire(made, found, "act", port)
    return made


def _wire(made: nx.MultiDiGraph[str], value: Value, to: str, port: str) -> None:
    """Numbers are no nodes; fields of the environment and moving params are."""
    given: dict[str, Any] = {"port": port, "output": value.output, "type": str(value.type), "lagged": False}
    if value.node is not None:
        made.add_edge(value.node.name, to, **given)
    elif value.field is not None or value.param is not None:
        kind, name = ("field", value.name) if value.param is None else ("param", f"params.{value.param}")
        made.add_node(name, kind=kind)
        made.add_edge(name, to, **given)
