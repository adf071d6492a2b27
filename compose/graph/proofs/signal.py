"""Learning signal: every weight gets gradient from some loss, and every loss trains something.

Structure says whom a gradient can reach: not past stops, lagged copies, indices and masks. Ranges say where it is
nothing but zeros: behind a factor of 0, a mask that is false everywhere, a bound that is never met, a loss of weight 0.
Forms say where it cancels: in ``x - x``.
"""

from __future__ import annotations

from compose.graph.forms import Forms
from compose.graph.graph import Graph, LossTerm
from compose.graph.intervals import Ranges, interval
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof
from compose.language.operation import ANYWHERE, NEVER


def trained(graph: Graph, value: Value) -> set[str]:
    """Names of the weights (not lagged copies) that the gradient of ``value`` can reach."""
    return _weights(_reached(value, None))


def signal(graph: Graph) -> Proof:
    """Check that no weight is left without gradient and no loss without weights."""
    reach = {name: trained(graph, term.value) for name, term in graph.losses.items()}
    idle = [name for name, weights in reach.items() if not weights]
    if idle:
        return Proof("learning signal", "not proved", f"loss '{idle[0]}' trains no weight", (f"losses.{idle[0]}",))
    nodes = graph.nodes([*graph.learned(), *graph.acted()])
    ranges, forms = Ranges(nodes), Forms(nodes, stops=True)
    alive = {name: term.value for name, term in graph.losses.items() if _alive(term, ranges)}
    reach = {name: _weights(_reached(value, ranges, forms)) for name, value in alive.items()}
    everything = {use.name for node in nodes for use in node.weights.values()}
    missed = sorted(everything - set().union(*reach.values())) if reach else sorted(everything)
    if missed:
        how = f"no loss reaches {len(missed)} of {len(everything)} weight tensors, such as {missed[0]}"
        return Proof("learning signal", "not proved", how, (missed[0],))
    by = ", ".join(f"{name} {len(weights)}" for name, weights in reach.items())
    how = f"{len(everything)} weight tensors get gradient ({by}); none passes a stop"
    return Proof("learning signal", "proved", how)


def _alive(term: LossTerm, ranges: Ranges) -> bool:
    """Does a loss count anything at all?"""
    return interval(term.weight)[1] > 0 and ranges.of(term.where) != NEVER


def _reached(value: Value, ranges: Ranges | None, forms: Forms | None = None) -> list[Node]:
    """Nodes that a gradient reaches; with ``ranges`` and ``forms``, those that it reaches as more than zeros."""
    reached: dict[Node, None] = {}
    open_values = [value]
    while open_values:
        found = open_values.pop()
        node = found.node
        if node is None or node in reached or found.type.dtype != "float" or node.op.stopped:
            continue
        if forms is not None and forms.range(found) is not None:  # x - x: what goes one way comes back the other
            continue
        reached[node] = None
        dead = node.op.dead(ranges.ports(node) if ranges is not None else dict.fromkeys(node.wires, ANYWHERE))
        for port, wire in node.wires.items():
            open_values += [] if port in dead else wire if isinstance(wire, tuple) else (wire,)
    return list(reached)


def _weights(nodes: list[Node]) -> set[str]:
    return {use.name for node in nodes for use in node.weights.values() if use.trained}
