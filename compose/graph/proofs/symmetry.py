"""Permutation (the order of agents and entities does not matter) and padding (absent rows change nothing)."""

from __future__ import annotations

from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof

ORDERED_FIELDS = ("agent_id", "state", "observation")
"""Fields whose numbers depend on the order of agents or entities in a way that a spec cannot see."""


def _cone(graph: Graph) -> list[Node]:
    return graph.nodes([*graph.learned(), *graph.acted()])


def _own_axis(graph: Graph) -> str | None:
    """A weight that has rows of agents or entities (or columns of their identities), hence knows their slots."""
    for name, info in graph.weights.items():
        parts = [part for axis in info.axes for part in axis.replace("*", "+").split("+")]
        if any(part == "id" or graph.table.has_presence(part) for part in parts):
            return name
    return None


def permutation(graph: Graph) -> Proof:
    """Proved where nothing can tell slots apart: no weight has rows of them, no operation or field orders them."""
    weight = _own_axis(graph)
    if weight is not None:
        return Proof("permutation", "not proved", f"weight '{weight}' has rows of agents or entities", (weight,))
    ordered = [f for f in graph.fields([*graph.learned(), *graph.acted()]) if f in ORDERED_FIELDS]
    if ordered:
        return Proof("permutation", "not proved", f"env.{ordered[0]} depends on their order", (f"env.{ordered[0]}",))
    for node in _cone(graph):
        if any(graph.table.has_presence(a) for a in node.op.orders(node)):
            return Proof("permutation", "not proved", f"'{node.name}' puts them in order", (node.name,))
    return Proof("permutation", "proved", "no weight, field or operation tells slots apart")


def padding(graph: Graph) -> Proof:
    """Proved where every operation that joins rows counts only present ones, and losses count only real steps."""
    weight = _own_axis(graph)
    if weight is not None:
        return Proof("padding", "not proved", f"weight '{weight}' has a row for every slot", (weight,))
    for node in _cone(graph):
        axis = _uncounted(graph, node)
        if axis is not None:
            rule = getattr(node.op, "count", "present")
            why = f"counts '{rule}' of axis '{axis}'" if rule != "present" else f"joins absent rows of axis '{axis}'"
            return Proof("padding", "not proved", f"'{node.name}' {why}", (node.name,))
    for name, term in graph.losses.items():
        if term.count != "present" and term.presence:
            return Proof("padding", "not proved", f"loss '{name}' counts '{term.count}'", (f"losses.{name}",))
        if not _within_steps(term.where):
            return Proof("padding", "not proved", f"loss '{name}' counts steps outside env.steps", (f"losses.{name}",))
    return Proof("padding", "proved", "rows that are absent and steps that are not filled count nowhere")


def _uncounted(graph: Graph, node: Node) -> str | None:
    """An axis with absent rows that the node joins without asking who is present."""
    renamed = node.op.renames(node)
    kept = {a for v in node.values.values() for a in v.type.axes} | set(renamed) if not node.op.itself else None
    if kept is None:
        return None
    counted = {key.split(":", 1)[1] for key in node.presence}
    strict = getattr(node.op, "count", "present") == "present"
    for port, kind in node.types.items():
        for t in kind if isinstance(kind, tuple) else (kind,):
            for axis in t.axes:
                joined = axis not in kept or (axis in node.op.mixes(node) and t.dtype != "bool")
                if joined and graph.table.has_presence(axis) and (axis not in counted or not strict) \
                        and not _is_mask(node, port):
                    return axis
    return None


def _is_mask(node: Node, port: str) -> bool:
    return port in node.op.bounds.values()


def _within_steps(value: Value) -> bool:
    """Is a mask contained in env.steps?"""
    if value.field == "steps":
        return True
    node = value.node
    if node is None or not isinstance(node.op, Elementwise) or node.op.name != "&":
        return False
    return any(_within_steps(v) for v in node.operands())
