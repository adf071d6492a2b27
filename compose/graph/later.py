"""What only learning has: fields that come after the action of a step, and statistics. Acting reads none of them."""

from __future__ import annotations

from collections.abc import Iterator

from compose.graph.elaborate import Elaboration
from compose.graph.node import Node, Value
from compose.language.diagnostics import Path

Reading = tuple[str, Node | None, str]
"""What is read, the node that reads it (None: acting itself), and why it is not there."""


def refuse_later(elaboration: Elaboration, value: Value, at: Path) -> bool:
    """Report what ``value``, on which agents act, reads of that; say whether there is any."""
    found = next(_later(elaboration, value), None)
    if found is None:
        return False
    name, node, why = found
    where = at if node is None or node.where[:1] not in (("graph",), ("networks",)) else node.where
    text = f"acting reads '{name}', {why}"
    elaboration.report("act.later", where, text, f"it gets there through '{'.'.join(map(str, at))}'")
    return True


def _later(elaboration: Elaboration, value: Value) -> Iterator[Reading]:
    nodes = elaboration.graph.nodes([value])
    read = [(value, None), *((operand, node) for node in nodes for operand in node.operands())]
    for operand, node in read:
        if operand.field is not None and elaboration.graph.field(operand.field).after:
            yield operand.name, node, "which is known only after the action"
    for node in nodes:
        if node.op.statistics(node):
            yield node.name, node, "which remembers what training has seen; a policy has no such memory"
