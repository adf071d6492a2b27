"""What cannot be computed by processes that hold parts of a batch is refused by name."""

from __future__ import annotations

from compose.graph.graph import Graph
from compose.graph.node import Node
from compose.language.diagnostics import Diagnostic, SpecError, dotted
from compose.training.ranks.alone import Ranks


def check_parts(graph: Graph, ranks: Ranks) -> None:
    """Refuse a spec that looks at a whole batch while it acts or learns, if several processes hold parts of it; and one
    that collects pieces of episodes.

    Losses add up, and so does what declares that it does (:meth:`Operation.in_parts`); what statistics look at is
    brought together.

    Raises:
        SpecError: ``train.ranks`` with every node.
    """
    if ranks.count == 1:
        return
    if graph.spec.learner.pieces:
        text = "pieces of episodes are collected by one process"
        raise SpecError(Diagnostic("train.ranks", text, "learner.horizon", hint="train with one process"))
    read = [*graph.played(), *graph.learned(), *graph.totals.values(), *graph.logged.values()]
    found = {dotted(node.where): getattr(node.op, "block", "this") for node in graph.nodes(read) if _looks_at_all(node)}
    if found:
        raise SpecError(*(Diagnostic(
            "train.ranks", f"{name} looks at all episodes of a batch, of which each process holds a part", where=where,
            hint="train with one process") for where, name in found.items()))


def _looks_at_all(node: Node) -> bool:
    return not node.op.in_parts(node) and any(node.joins("batch", value) for value in node.values.values())
