"""What acting records of a step: all that can be known once the actions are chosen, and nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from compose.graph.elaborate import Elaboration
from compose.graph.node import Node, Value
from compose.graph.readers import readings
from compose.graph.scope import Failed
from compose.language.diagnostics import Diagnostic, Path, dotted
from compose.language.expressions import Ref

CHOSEN = "action"
"""The one field that comes after the choice and is known with it."""


def elaborate_record(elaboration: Elaboration) -> None:
    """Type what is recorded into ``graph.recorded``."""
    for name in elaboration.spec.record:
        with suppress(Failed):
            elaboration.played(Ref(("played", name)), ("record", name))


def check_record(elaboration: Elaboration) -> None:
    """Refuse what acting cannot compute, and what nothing reads; what is inherited and not read is not recorded."""
    graph, read = elaboration.graph, readings(elaboration.spec)
    for name, value in list(graph.recorded.items()):
        at: Path = ("record", name)
        found = next(_wrong(elaboration, value, at), None)
        if found is not None:
            where, text, hint = found
            elaboration.report("act.later", where, text, hint or f"it gets there through '{dotted(at)}'")
        elif at not in read:
            text = f"nothing reads 'played.{name}'"
            del graph.recorded[name]
            if elaboration.loaded.document.is_own(at):
                elaboration.report("graph.unused", at, text, "read it from a loss, or leave it out", key=True)
            else:
                graph.notes.append(Diagnostic("graph.unused", text, dotted(at)))


def chosen(nodes: list[Node]) -> set[Node]:
    """Those of ``nodes`` that depend on the action that was chosen, also by way of a loop."""
    found: set[Node] = set()
    while True:
        more = {node for node in nodes if node not in found
                and any(value.field == CHOSEN or value.node in found for value in node.operands())}
        if not more:
            return found
        found |= more


def _wrong(elaboration: Elaboration, value: Value, at: Path) -> Iterator[tuple[Path, str, str]]:
    graph = elaboration.graph
    nodes = graph.nodes([value])
    if value.node is None and value.field is None:
        yield at, "a number is no thing to record", "read it where it is needed"
    reads: list[tuple[Value, Node | None]] = [(value, None), *((v, node) for node in nodes for v in node.operands())]
    for operand, reader in reads:
        field = operand.field
        if field is not None and field != CHOSEN and graph.field(field).after:
            where = at if reader is None or reader.where[:1] not in (("graph",), ("networks",)) else reader.where
            yield where, f"what is recorded while acting reads '{operand.name}', which is known only later", ""
    late = chosen(nodes)
    for node in nodes:
        for axis, why in (("batch", "other episodes"), ("time", "later steps")):
            joins = any(node.joins(axis, output) for output in node.values.values())
            if joins and (axis == "batch" or node.op.ahead > 0):
                yield node.where, f"what is recorded while acting reads {why} here: acting has one step of one", ""
        if node in late and (node.op.carries(node) or node.op.delayed):
            yield node.where, "what is recorded of a step remembers the actions of steps before", "env.last_action"
