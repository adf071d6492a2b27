"""Availability: actions that cannot be taken are not taken, and no target counts on them.

What acting chooses from, and every maximum and every policy over actions in what losses read, is confined to
``env.available``: by a mask contained in it, or by a filler of -1e6 or less in the place of what it hides. Such a mask
may leave out whole rows, of agents that are absent or not active and of steps that were not taken, but no single
action: where it shows none, the first one is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.greedy import LOW, unstopped
from compose.graph.proofs.masks import Masks
from compose.graph.proofs.proof import Proof
from compose.graph.proofs.rows import Mover, Operand, Place, operands

ROWS = ("present", "active", "steps")
"""Fields of masks over whole rows."""


def availability(graph: Graph) -> Proof:
    """Check what acting chooses from, and what losses read."""
    expected = graph.spec.claims.availability
    if graph.act_values is None:
        return Proof("availability", "not applicable", "nothing is acted on", expected=expected)
    if graph.spec.act.over == "part":
        return Proof("availability", "not applicable", "actions are numbers: none is unavailable", expected=expected)
    nodes = graph.nodes([*graph.learned(), *graph.played()])
    confined = _Confined(graph, nodes)
    low = graph.spec.act.choose != "epsilon_greedy" and confined.value(graph.act_values)
    if not confined.mask(graph.act_where) and not low:  # who explores looks at no values
        how = f"acting may choose from {graph.act_values.name} what env.available does not allow"
        return Proof("availability", "not proved", how, (graph.act_values.name, "act"), expected)
    for node in graph.nodes([*graph.learned(), *graph.recorded.values()]):
        port = confined.open(node)
        if port is not None:
            how = f"'{node.name}' looks at actions that env.available does not allow"
            return Proof("availability", "not proved", how, (port.name, node.name), expected)
    how = "the action taken, and every maximum and policy that losses read, are confined to env.available"
    return Proof("availability", "proved", how, expected=expected)


class _Confined:
    """What is confined to available actions, operands before users."""

    def __init__(self, graph: Graph, nodes: Iterable[Node]) -> None:
        nodes = list(nodes)
        self.graph, self.masks, self.known = graph, Masks(graph, nodes), set[Value]()
        for node in nodes:
            fills = node.op.fills
            if fills is None:
                continue
            filler, data = node.wires[fills.filler], node.wires[fills.data]
            low = isinstance(filler, Value) and ((filler.constant is not None and filler.constant <= LOW)
                                                 or self.value(filler))
            if low and (self.mask(node.wires[fills.mask]) or self.value(data)):
                self.known |= set(node.values.values())

    def mask(self, mask: object) -> bool:
        """Is a mask contained in what is available, and does it show an action wherever one is?"""
        return self._within(mask) and self._whole(mask)

    def _within(self, mask: object) -> bool:
        return self.masks.within(mask, "available", "agent", "action")

    def _whole(self, mask: object) -> bool:
        """Is what is available narrowed by who is there alone?"""
        node = mask.node if isinstance(mask, Value) else None
        if node is None:
            return True
        return all(self._whole(x) if self._within(x) else not node.op.narrows() or _there(x) for x in node.operands())

    def value(self, value: object) -> bool:
        """Is it so low for actions that are not available that none of them is chosen?"""
        return isinstance(value, Value) and unstopped(value) in self.known

    def open(self, node: Node) -> Value | None:
        """Among whose actions it looks for a maximum, or chooses, without leaving out what is not available."""
        chooses = {node.op.chooses: ""} if node.op.chooses else {}
        for port, mask in {**node.op.searches, **chooses}.items():
            for operand in operands(node):
                if operand.port == port and self._over_actions(node, operand) \
                        and not self.mask(node.wires.get(mask)) and not self.value(operand.value):
                    return operand.value
        return None

    def _over_actions(self, node: Node, operand: Operand) -> bool:
        """Are rows of actions joined?"""
        gone = [axis for axis in operand.axes.values() for name in node.values
                if not Mover(self.graph.table, node, operand, name)(Place(axis))]
        return any(self._of_actions(axis) for axis in gone)

    def _of_actions(self, axis: str) -> bool:
        joined = self.graph.table.joined.get(axis) or self.graph.table.joined.get(axis.rstrip("'")) or ()
        parts = [part.strip("()") for part in axis.rstrip("'").replace("*", "+").split("+")]
        return "action" in parts or any(part != "1" and self._of_actions(part) for part in joined)


def _there(mask: Value) -> bool:
    """Is a mask made of who is present or active, and of which steps were taken, alone?"""
    if mask.node is None:
        return mask.field in ROWS or mask.constant is True
    return (mask.node.op.narrows() or mask.node.op.passes_masks) and all(map(_there, mask.node.operands()))
