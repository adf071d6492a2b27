"""What a typed graph computes, as numbers without names: equal numbers in two specs mean that they compute the same.

A value's number stands for the operation and its arguments, sizes, which weights it reads, and the numbers of what
arrives. Names are those of the second spec, through a matching; params are their numbers, so it does not matter how a
number is called, nor whether an expression has a name.

What closes a loop (a delay, or what a node with statistics looks at) is known by its number of the round before. Rounds
only ever tell more apart, so as many as there are such nodes in both specs, and one, tell all there is.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from compose.graph.fields import PLAYED
from compose.graph.functions import Function, of_numbers
from compose.graph.graph import Graph, LossTerm
from compose.graph.node import Node, Value
from compose.language.block import Block
from compose.language.values import Expr
from compose.language.write import write
from compose.reading.diff.called import Called, Names
from compose.reading.diff.ids import Ids, plain
from compose.reading.diff.side import Side
from compose.reading.diff.spec_parts import is_word, moving
from compose.reading.diff.spec_terms import COMMUTES, Word


def meanings(before: Side, after: Side, names: Names) -> tuple[Meaning, Meaning]:
    """Both sides, with numbers that can be compared; ``names`` says what the second calls a symbol of the first."""
    ids = Ids()
    rounds = 1 + sum(closes(side.graph, node) for side in (before, after) for node in needed(side.graph))
    return Meaning(before, names, ids, rounds), Meaning(after, lambda symbol: symbol, ids, rounds)


def needed(graph: Graph) -> list[Node]:
    """Nodes that losses and acting need, also those that are only looked at between updates; operands before users."""
    joint = () if graph.joint is None else (graph.joint,)
    roots = [*graph.recorded.values(), *graph.learned(), *graph.acted(), *joint]
    nodes = graph.nodes(roots)
    while True:
        looked_at = [value for node in nodes for value in node.late.values()]
        more = graph.nodes([*roots, *looked_at])
        if len(more) == len(nodes):
            return nodes
        nodes = more


def closes(graph: Graph, node: Node) -> bool:
    """May a loop run through what this node reads?"""
    return bool(node.late) or node in graph.loops


class Meaning:
    """Numbers of the values of one side."""

    def __init__(self, side: Side, names: Names, ids: Ids, rounds: int) -> None:
        self.side, self.graph, self.ids, self.called = side, side.graph, ids, Called(side, names)
        self._nodes: dict[Node, int] = {}
        self._numbers: dict[Node, float] = {}
        nodes, self._before = needed(self.graph), dict[Node, int]()
        for _ in range(rounds):
            self._before, self._nodes = self._nodes, {}
            for node in nodes:
                if (number := self._folded(node)) is not None:
                    self._numbers[node] = number
                self._nodes[node] = self._node(node)

    def of(self, value: Value | None) -> int:
        """The number of a value that a loss, acting or a claim needs."""
        assert value is None or value.node is None or value.node in self._nodes
        return self.ids("nothing") if value is None else self._value(value)

    def loss(self, term: LossTerm) -> int:
        """What a loss measures, without its weight."""
        reduced = [frozenset(map(self.called.axis, axes)) for axes in (term.mean, term.sum)]
        presence = sorted((self.called.axis(axis), self.of(value)) for axis, value in term.presence.items())
        count = term.count if presence else ""  # else there is nobody who might be absent
        return self.ids("loss", self.of(term.value), self.of(term.where), *reduced, count, tuple(presence))

    # ---------------------------------------------------------------- numbers

    def _value(self, value: Value) -> int:
        ids = self.ids
        if value.field is not None and value.field.startswith(PLAYED):
            return ids("recorded", self._value(self.graph.recorded[value.field.removeprefix(PLAYED)]))
        if value.field is not None:
            return ids("field", value.field)
        if (number := self._number(value)) is not None:
            return ids("number", plain(number))
        if value.param is not None:
            return ids("moving", str(moving(self.side.spec.params[value.param])))
        if value.node is not None:
            node = value.node
            known = self._nodes[node] if node in self._nodes else ids("earlier", self._before.get(node, -1))
            return ids("output", known, value.output)
        if isinstance(value.constant, bool):
            return ids("truth", plain(value.constant), frozenset(map(self.called.axis, value.type.axes)))
        return ids("size", *self.called.size(value.axis or ""))

    def _number(self, value: Value) -> float | None:
        """The number that a value always is."""
        if value.param is not None:
            term = moving(self.side.spec.params[value.param])
            return term.value if isinstance(term, Word) and isinstance(term.value, int | float) else None
        if value.node is not None:
            return self._numbers.get(value.node)
        return None if isinstance(value.constant, bool) else value.constant

    def _folded(self, node: Node) -> float | None:
        """The number that a function of numbers is, also where one of them could move and does not."""
        if not isinstance(node.op, Function):
            return None
        given = [self._number(value) for value in node.operands()]
        known = [float(number) for number in given if number is not None]
        if not known or len(known) < len(given):
            return None
        found = of_numbers(node.op.name, known)
        return None if found is None or isinstance(found, bool) else float(found)

    def _node(self, node: Node) -> int:
        wires = [(port, tuple(map(self._value, w)) if isinstance(w, tuple) else (self._value(w),))
                 for port, w in node.wires.items()]
        if isinstance(node.op, Function) and node.op.name in COMMUTES:
            wires = sorted(("", found) for _, found in wires)
        late = sorted((port, self._earlier(value)) for port, value in node.late.items())
        presence = sorted((port, self.called.axis(axis), self._value(value))
                          for (port, _, axis), value in ((at.partition(":"), v) for at, v in node.presence.items()))
        weights = sorted((part, self.called.weight(use.name), use.index, use.target, use.frozen, self._weight(use.name))
                         for part, use in node.weights.items())
        drawn = self.called.path(node.name) if node.op.draws(node) else ""
        read = (tuple(wires), tuple(late), tuple(presence), tuple(weights))
        return self.ids("node", self._operation(node), read, drawn)

    def _earlier(self, value: Value) -> int:
        """The number of what a node looks at, as of the round before."""
        if value.node is None:
            return self._value(value)
        return self.ids("earlier", self._before.get(value.node, -1), value.output)

    def _weight(self, name: str) -> int:
        info = self.graph.weights[name]
        axes = tuple(self.called.size(axis) for axis in info.axes)
        start = (info.weight.init, info.weight.gain)
        return self.ids("weight", axes, start, tuple(map(self.called.axis, info.weight.fan)))

    def _operation(self, node: Node) -> int:
        op = node.op
        if isinstance(op, Block):
            own = {name: self._word(node, name, info) for name, info in type(op).model_fields.items()
                   if name not in (*op.port_signatures(), "target")}
            return self.ids("block", op.block, tuple(own.items()))
        if isinstance(op, Function):
            return self.ids("function", type(op).__name__, op.name)
        names: list[str] = [field.name for field in fields(op)] if is_dataclass(op) else []
        return self.ids("operation", type(op).__name__, tuple(self._argument(node, getattr(op, n)) for n in names))

    def _word(self, node: Node, name: str, info: Any) -> Hashable:
        value = getattr(node.op, name)
        if is_word(info, value):
            return plain(value)
        found = self._argument(node, value)
        return frozenset(found) if name == "over" and isinstance(found, tuple) else found

    def _argument(self, node: Node, value: Any) -> Hashable:
        match value:
            case Expr() | str():
                return self.called.size(str(value), node.variables)
            case tuple() | list():
                return ("list", *(self._argument(node, item) for item in value))
            case Mapping():
                return ("map", *sorted((str(key), self._argument(node, item)) for key, item in value.items()))
            case BaseModel():
                return self._argument(node, write(value, defaults=True))
        return plain(value)
