"""Permutation (the order of agents and entities does not matter) and padding (absent rows change nothing)."""

from __future__ import annotations

from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof
from compose.language.nodes import Application

ORDERED_FIELDS = ("agent_id", "state", "observation")
"""Fields whose numbers depend on the order of agents or entities in a way that a spec cannot see."""


def _cone(graph: Graph) -> list[Node]:
    return graph.nodes([*graph.learned(), *graph.acted()])


def _weight_of_slots(graph: Graph) -> str | None:
    """A weight with rows (or columns) that grow with the slots for agents or entities."""
    return next((name for name, info in graph.weights.items() if any(map(graph.table.of_slots, info.axes))), None)


def _weight_of_rows(graph: Graph) -> str | None:
    """A weight that has rows of agents or entities (or columns of their identities), hence knows their slots."""
    for name, info in graph.weights.items():
        parts = [part for axis in info.axes for part in axis.replace("*", "+").split("+")]
        if any(part == "id" or graph.table.has_presence(part.strip("()")) for part in parts):
            return name
    return None


def permutation(graph: Graph) -> Proof:
    """Proved where nothing can tell slots apart: no weight has rows of them, no operation or field orders them."""
    weight = _weight_of_rows(graph)
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
    weight = _weight_of_slots(graph)
    if weight is not None:
        return Proof("padding", "not proved", f"weight '{weight}' has a row for every slot", (weight,))
    for node in _cone(graph):
        axis = _uncounted(graph, node)
        if axis is not None:
            rule = getattr(node.op, "count", "present")
            why = f"counts '{rule}' of axis '{axis}'" if rule != "present" else f"joins absent rows of axis '{axis}'"
            return Proof("padding", "not proved", f"'{node.name}' {why}", (node.name,))
    number = next((v for v in _numbers(graph) if v.axis is not None and graph.table.of_slots(v.axis)), None)
    if number is not None:
        why = f"the number of rows of '{number.axis}' is used as a number"
        return Proof("padding", "not proved", why, (f"axes.{number.axis}",))
    repeated = next((a for a in _repeats(graph) if graph.table.of_slots(a)), None)
    if repeated is not None:
        return Proof("padding", "not proved", f"a network is repeated for every slot of '{repeated}'", (repeated,))
    reach = _reach(graph)
    for name, term in graph.losses.items():
        at = (f"losses.{name}",)
        if term.count != "present" and term.presence:
            return Proof("padding", "not proved", f"loss '{name}' counts '{term.count}'", at)
        grows = next((a for a in (*term.mean, *term.sum) if a not in term.presence and graph.table.of_slots(a)), None)
        if grows is not None:
            return Proof("padding", "not proved", f"loss '{name}' joins axis '{grows}', which grows with the slots", at)
        if "time" in term.value.type.axes and not _within_steps(term.where):
            how = f"loss '{name}' counts steps outside env.steps (its `where` stands for that mask)"
            return Proof("padding", "not proved", how, at)
        if reach.get(term.value, 0) > 1:
            return Proof("padding", "not proved", f"loss '{name}' reads steps that may not be filled", at)
    return Proof("padding", "proved", "rows that are absent and steps that are not filled count nowhere")


def _numbers(graph: Graph) -> list[Value]:
    """Every value that something reads."""
    roots = [*graph.learned(), *graph.acted()]
    return [*roots, *(v for node in graph.nodes(roots) for v in node.operands())]


def _repeats(graph: Graph) -> list[str]:
    bodies = [graph.spec.graph, *(network.nodes for network in graph.spec.networks.values())]
    nodes = [node for body in bodies for node in body.values() if isinstance(node, Application)]
    return [node.repeat for node in nodes if node.repeat is not None]


def _reach(graph: Graph) -> dict[Value, float]:
    """How many steps ahead each value reads; the one after a step of the episode is filled, those after it may not be.

    What joins all steps reads as far as it can, unless its ``where`` keeps it within the steps.
    """
    reach: dict[Value, float] = {}
    for node in _cone(graph):
        before = max((reach.get(v, 0) for v in node.operands()), default=0)
        where = node.wires.get("where")
        within = isinstance(where, Value) and _within_steps(where)
        for output in node.values.values():
            reach[output] = before + (node.op.ahead if node.joins("time", output) and not within else 0)
    return reach


def _uncounted(graph: Graph, node: Node) -> str | None:
    """An axis with absent rows that the node joins without asking who is present."""
    if node.op.itself:
        return None
    kept = {a for v in node.values.values() for a in v.type.axes} | set(node.op.renames(node))
    counted = {key.split(":", 1)[1] for key in node.presence}
    strict = getattr(node.op, "count", "present") == "present"
    for port, kind in node.types.items():
        for t in kind if isinstance(kind, tuple) else (kind,):
            for axis in t.axes:
                joined = axis not in kept or (axis in node.op.mixes(node) and t.dtype != "bool")
                if joined and graph.table.of_slots(axis) and (axis not in counted or not strict) \
                        and port not in node.op.bounds.values():
                    return axis
    return None


def _within_steps(value: Value) -> bool:
    """Is a mask contained in env.steps?"""
    if value.field == "steps":
        return True
    node = value.node
    if node is None or not isinstance(node.op, Elementwise) or node.op.name != "&":
        return False
    return any(_within_steps(v) for v in node.operands())
