"""What masks are contained in: ``a & b`` in whatever ``a`` and ``b`` are, ``a | b`` in neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.rows import Mover, Operand, Place, operands
from compose.graph.proofs.shift import Shift


@dataclass(frozen=True)
class Within:
    """Where a mask is true, this is certain of the rows that stand at these places (one for each axis that counts)."""

    what: str
    places: tuple[Place, ...]


Facts = frozenset[Within]


class Masks:
    """What is known of all masks of a graph, operands before users."""

    def __init__(self, graph: Graph, nodes: Iterable[Node]) -> None:
        self.graph, self.known = graph, dict[Value, Facts]()
        for node in nodes:  # what a loop brings back has not been looked at yet: nothing is assumed of it
            for name, output in node.values.items():
                self.known[output] = self._output(node, name, output)

    def of(self, value: Value) -> Facts:
        """What a mask is contained in."""
        if value not in self.known:
            self.known[value] = self._leaf(value)
        return self.known[value]

    def within(self, mask: object, what: str, *axes: str) -> bool:
        """Is it certain where a mask is true, row by row along these axes?"""
        return isinstance(mask, Value) and Within(what, tuple(map(Place, axes))) in self.of(mask)

    def _leaf(self, value: Value) -> Facts:
        facts = self.graph.field(value.field).facts if value.field is not None else []
        mine = [(what, axes) for what, axes in facts if set(axes) <= set(value.type.axes)]
        return frozenset(Within(what, tuple(map(Place, axes))) for what, axes in mine)

    def _output(self, node: Node, name: str, output: Value) -> Facts:
        if output.type.dtype != "bool" or not (node.op.narrows() or node.op.passes_masks):
            return frozenset()
        movers = [(operand, Mover(self.graph.table, node, operand, name)) for operand in operands(node)]
        found = [{moved for fact in self.of(operand.value) if (moved := _moved(fact, operand, move)) is not None}
                 for operand, move in movers]
        if node.op.narrows() or len(movers) == 1:
            return frozenset[Within]().union(*found)
        everywhere = set.intersection(*found)
        places = [_places(operand, move) for operand, move in movers]
        own = {fact for facts, mine, (_, move) in zip(found, places, movers, strict=True) if move.put is None
               for fact in facts if any(_alone(place.axis, mine, places) for place in fact.places)}
        return frozenset(everywhere | own)


def _moved(fact: Within, operand: Operand, move: Mover) -> Within | None:
    places = [move(operand.seen(place)) for place in fact.places]
    return Within(fact.what, tuple(found[0] for found in places)) if all(places) else None


def _places(operand: Operand, move: Mover) -> dict[str | None, Shift]:
    """Where on each axis of the output an operand begins to stand."""
    found = {place.axis: place.shift for axis in operand.axes.values() for place in move(Place(axis))}
    return found if move.put is None else {**found, **{place.axis: place.shift for place in move(Place(None))}}


def _alone(axis: str | None, mine: Mapping[str | None, Shift], every: Sequence[Mapping[str | None, Shift]]) -> bool:
    """Do all other operands stand elsewhere on this axis?"""
    return all(other is mine or (axis in other and other[axis] != mine.get(axis)) for other in every)
