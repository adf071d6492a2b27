"""What can be proved about a spec before a tensor exists: seven named checks, five outcomes."""

from __future__ import annotations

from compose.graph.graph import Graph
from compose.graph.proofs.availability import availability
from compose.graph.proofs.decentralised import decentralised
from compose.graph.proofs.igm import igm
from compose.graph.proofs.proof import Outcome, Proof
from compose.graph.proofs.signal import signal
from compose.graph.proofs.symmetry import padding, permutation

__all__ = ["Outcome", "Proof", "prove"]


def prove(graph: Graph) -> list[Proof]:
    """All seven checks of a graph that types, in their usual order, with what the spec claims beside them."""
    return [_shapes(graph), decentralised(graph), igm(graph), permutation(graph), padding(graph),
            availability(graph), signal(graph)]


def _shapes(graph: Graph) -> Proof:
    nodes = len(graph.nodes())
    sizes = "sizes symbolic" if graph.schema is None else f"sizes of {graph.schema.name}"
    return Proof("shapes", "proved", f"{nodes} nodes type by axis name ({sizes})")
