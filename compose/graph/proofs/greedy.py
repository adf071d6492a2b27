"""Values of actions, and what is greedy in them: which values rank actions as the utilities do, which are the best."""

from __future__ import annotations

from collections.abc import Iterable

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.rows import Mover, Operand, Place, operands
from compose.language.operation import Fills

LOW = -1e6
"""A filler at or below this counts as less than any value of an action."""
OWN = (Place("agent"), Place("action"))


def unstopped(value: Value) -> Value:
    """What a value is as a number: `stop` and the like change none."""
    while value.node is not None and value.node.op.unchanged() and len(given := list(operands(value.node))) == 1:
        value = given[0].value
    return value


def unfilled(graph: Graph, value: Value) -> Value:
    """What a value is where actions are available; the filler elsewhere makes no action greedy."""
    plain = unstopped(value)
    while plain.node is not None and (fills := plain.node.op.fills) is not None and hides(graph, plain.node, fills):
        data = plain.node.wires[fills.data]
        if not isinstance(data, Value) or set(data.type.axes) != set(plain.type.axes):
            break
        value = plain = unstopped(data)
    return value


def hides(graph: Graph, node: Node, fills: Fills) -> bool:
    """Does it fill what is not available, with less than any value?"""
    low = node.wires.get(fills.filler)
    number = low.constant if isinstance(low, Value) else None
    return number is not None and number <= LOW and available(graph, node.wires.get(fills.mask))


def available(graph: Graph, mask: object) -> bool:
    """Is this mask true for exactly the actions that may be taken? One that is narrower leaves some out."""
    if not isinstance(mask, Value) or mask.field is None:
        return False
    return ("available", ("agent", "action")) in graph.field(mask.field).facts


def _operand(node: Node, port: str) -> Operand:
    return next(operand for operand in operands(node) if operand.port == port)


class Greedy:
    """What is known of values of actions, operands before users."""

    def __init__(self, graph: Graph, utilities: Value, nodes: Iterable[Node]) -> None:
        self.graph, self.utilities = graph, utilities
        self.ranked: set[Value] = {utilities}
        """Values [agent action] in which the actions of every agent stand in the order of its utilities."""
        self.open: dict[Value, Value] = {}
        """The same with a low filler for actions that are not available -> the ranked value."""
        self.index: set[Value] = set()
        """The greedy action of every agent."""
        self.best: dict[Value, Value] = {}
        """The value of every agent's greedy action -> of which ranked value."""
        for node in nodes:
            for name, output in node.values.items():
                self._look(node, name, output)

    def _look(self, node: Node, name: str, output: Value) -> None:
        if output is self.utilities:
            return
        if self._ranks(node, name):
            self.ranked.add(output)
        fills, searched = node.op.fills, self._searched(node, name)
        if fills is not None and hides(self.graph, node, fills):
            data = self._as_ranked(node.wires.get(fills.data))
            if data is not None and self._in_place(node, name, _operand(node, fills.data)):
                self.open[output] = data
        if searched is not None and output.type.dtype == "int":
            self.index.add(output)
        elif searched is not None:
            self.best[output] = searched
        for port, index in node.op.picks.items():
            of, by = node.wires[port], node.wires[index]
            if isinstance(of, Value) and isinstance(by, Value) and unstopped(by) in self.index \
                    and node.type(port).axes[-1] == "action" and (ranked := self._as_ranked(of)) is not None:
                self.best[output] = ranked

    def _as_ranked(self, value: object) -> Value | None:
        if not isinstance(value, Value):
            return None
        plain = unstopped(value)
        return plain if plain in self.ranked else None

    def _searched(self, node: Node, name: str) -> Value | None:
        """The ranked value among whose available actions it looks for the largest."""
        for port, mask in node.op.searches.items():
            of = node.wires[port]
            assert isinstance(of, Value)
            plain = unstopped(of)
            ranked = self.open.get(plain)
            if ranked is None and available(self.graph, node.wires.get(mask)):
                ranked = self._as_ranked(of)
            if ranked is not None and self.over_actions(node, name, port):
                return ranked
        return None

    def over_actions(self, node: Node, name: str, port: str) -> bool:
        """Do actions go, and agents stay?"""
        operand = _operand(node, port)
        move = Mover(self.graph.table, node, operand, name)
        gone = [axis for axis in operand.axes.values() if not move(Place(axis))]
        return gone == ["action"] and move(OWN[0]) == OWN[:1]

    def _in_place(self, node: Node, name: str, operand: Operand) -> bool:
        move = Mover(self.graph.table, node, operand, name)
        return all(move(Place(axis)) == (Place(axis),) for axis in operand.axes.values())

    def _ranks(self, node: Node, name: str) -> bool:
        op = node.op
        sized = {axis for use in node.weights.values() for axis in self.graph.weights[use.name].axes}
        alike = not any("action" in axis for axis in (*sized, *op.orders(node)))
        if not alike or op.draws(node) or op.statistics(node):
            return False
        monotone, some = op.monotone_in(node), False
        for operand in operands(node):
            if unstopped(operand.value) in self.ranked:
                if monotone.get(operand.port) != 1 or not self._in_place(node, name, operand):
                    return False
                some = True
            else:
                move = Mover(self.graph.table, node, operand, name)
                if any(new.axis == "action" for axis in operand.axes.values() for new in move(Place(axis))):
                    return False
        return some

    def picked(self, node: Node) -> Value | None:
        """The ranked value of which it gives that of the action taken, agent by agent."""
        for port, index in node.op.picks.items():
            of, by = node.wires[port], node.wires[index]
            if isinstance(by, Value) and self.taken(by) and node.type(port).axes[-1] == "action":
                return self._as_ranked(of)
        return None

    def taken(self, value: Value) -> bool:
        """Is it the action taken in this step?"""
        return value.field is not None and value.type.counts == "action" and self.graph.field(value.field).after
