"""Permutation: the order of agents and entities does not matter."""

from __future__ import annotations

from compose.graph.graph import Graph
from compose.graph.proofs.proof import Proof
from compose.graph.proofs.slots import SlotRows


def permutation(graph: Graph, slots: SlotRows) -> Proof:
    """Proved where nothing can tell slots apart: no weight has rows of them, no operation or field orders them."""
    weight = _weight_of_rows(graph)
    if weight is not None:
        return Proof("permutation", "not proved", f"weight '{weight}' has rows of agents or entities", (weight,))
    ordered = [f for f in graph.fields(graph.outcomes()) if _ordered(graph, f)]
    if ordered:
        return Proof("permutation", "not proved", f"env.{ordered[0]} depends on their order", (f"env.{ordered[0]}",))
    if slots.told:
        name = slots.told[0].node.name
        return Proof("permutation", "not proved", f"'{name}' puts them in order", (name,))
    return Proof("permutation", "proved", "no weight, field or operation tells slots apart")


def _weight_of_rows(graph: Graph) -> str | None:
    """A weight that has rows of agents or entities (or columns of their identities), hence knows their slots."""
    for name, info in graph.weights.items():
        parts = [part for axis in info.axes for part in axis.replace("*", "+").split("+")]
        if any(part == "id" or graph.table.has_presence(part.strip("()")) for part in parts):
            return name
    return None


def _ordered(graph: Graph, name: str) -> bool:
    """Do a field's numbers depend on the order of slots beside its own rows? Nobody knows what stands on own axes."""
    field = graph.field(name)
    own = graph.schema.axes if graph.schema is not None else {}
    return any(axis.rstrip("'") in own for axis in field.axes) if field.ordered is None else field.ordered
