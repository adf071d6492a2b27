"""What can be proved about a spec before a tensor exists: seven named checks, five outcomes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from compose.graph.graph import Graph
from compose.graph.node import Node
from compose.graph.proofs.availability import availability
from compose.graph.proofs.decentralised import decentralised
from compose.graph.proofs.igm import igm
from compose.graph.proofs.proof import Outcome, Proof
from compose.graph.proofs.signal import signal
from compose.graph.proofs.symmetry import padding, permutation
from compose.language.block import Block

__all__ = ["Outcome", "Proof", "foreign", "prove"]


def prove(graph: Graph, trusted: Collection[str] = ()) -> list[Proof]:
    """All seven checks of a graph that types, in their usual order, with what the spec claims beside them.

    What is proved by the declarations of blocks from elsewhere says so, but for those that are ``trusted``.
    """
    proofs = [_shapes(graph), decentralised(graph), igm(graph), permutation(graph), padding(graph),
              availability(graph), signal(graph)]
    words = [tag for tag in foreign(graph) if tag not in trusted]
    said = f", on the word of {' and '.join(words)}" if words else ""
    return [replace(p, how=p.how + said) if p.outcome in ("proved", "soft") and p.name != "shapes" else p
            for p in proofs]


def foreign(graph: Graph) -> dict[str, Node]:
    """Tags of blocks that do not come with this package, each with a node that it computes."""
    nodes = graph.nodes([*graph.learned(), *graph.acted()])
    return {node.op.tag(): node for node in nodes
            if isinstance(node.op, Block) and type(node.op).__module__.partition(".")[0] != "compose"}


def _shapes(graph: Graph) -> Proof:
    nodes = len(graph.nodes())
    sizes = "sizes symbolic" if graph.schema is None else f"sizes of {graph.schema.name}"
    return Proof("shapes", "proved", f"{nodes} nodes type by axis name ({sizes})")
