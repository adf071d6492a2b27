"""What can be proved about a spec before a tensor exists: seven named checks, five outcomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.availability import availability
from compose.graph.proofs.decentralised import decentralised
from compose.graph.proofs.igm import igm
from compose.graph.proofs.padding import padding
from compose.graph.proofs.permutation import permutation
from compose.graph.proofs.proof import Outcome, Proof
from compose.graph.proofs.signal import signal
from compose.graph.proofs.slots import SlotRows
from compose.language.block import Block

__all__ = ["Outcome", "Proof", "foreign", "prove"]


def prove(graph: Graph, trusted: Collection[str] = ()) -> list[Proof]:
    """All seven checks of a graph that types, in their usual order, with what the spec claims beside them.

    What is proved by the declarations of blocks from elsewhere says so, but for those that are ``trusted``.
    """
    slots = SlotRows(graph, graph.nodes(graph.outcomes()))
    proofs = [_shapes(graph), decentralised(graph), igm(graph), permutation(graph, slots), padding(graph, slots),
              availability(graph), signal(graph)]
    return [replace(p, how=p.how + _word(graph, p.name, trusted)) if p.outcome in ("proved", "soft") else p
            for p in proofs]


def _word(graph: Graph, name: str, trusted: Collection[str]) -> str:
    """On whose word a proof rests; empty if on nobody's."""
    joint = graph.joint or graph.values.get("q_tot")
    about = {"shapes": [], "decentralised": graph.acted(), "igm": [] if joint is None else [joint]}
    tags = [tag for tag in foreign(graph, about.get(name)) if tag not in trusted]
    return f", on the word of {' and '.join(tags)}" if tags else ""


def foreign(graph: Graph, roots: Iterable[Value] | None = None) -> dict[str, Node]:
    """Tags of blocks that do not come with this package, each with a node that it computes for ``roots`` (for learning
    and acting, if None)."""
    nodes = graph.nodes([*graph.learned(), *graph.played()] if roots is None else roots)
    return {node.op.tag(): node for node in nodes
            if isinstance(node.op, Block) and type(node.op).__module__.partition(".")[0] != "compose"}


def _shapes(graph: Graph) -> Proof:
    nodes = len(graph.nodes())
    sizes = "sizes symbolic" if graph.schema is None else f"sizes of {graph.schema.name}"
    return Proof("shapes", "proved", f"{nodes} nodes type by axis name ({sizes})")
