"""Slots of agents and of other entities: where their rows stand in every value, and what tells one from another.

The rows of ``entity`` are those of agents, then those of others; nothing else makes a row of one of them than reading a
field. Where a node reads two values along one axis, slots must stand in the same rows of both, or in rows that the
other fills with no slots; otherwise it pairs one slot with another, which only their order decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.rows import Mover, Operand, Place, operands, presences
from compose.graph.proofs.shift import ROUNDS, Shift, length

SIDES = {"entity": ("agent", "other"), "agent": ("agent",), "other": ("other",)}
Slots = frozenset[tuple[str, Place]]
"""Whose slots (agents', others') stand where."""


@dataclass(frozen=True)
class Told:
    """A node at which the order of slots matters, and the axis."""

    node: Node
    axis: str


class SlotRows:
    """Slots in all values of a graph, operands before users; ``told`` lists what tells them apart."""

    def __init__(self, graph: Graph, nodes: Iterable[Node], *, padded: bool = False) -> None:
        """``padded``: whatever the numbers of slots."""
        self.graph, self.known, self.told = graph, dict[Value, Slots](), list[Told]()
        self.table = replace(graph.table, padded=padded)
        self.lengths: dict[str, Shift] = {}
        nodes, before = list(nodes), dict[Value, Slots]()
        for _ in range(ROUNDS):
            self.told.clear()
            for node in nodes:
                self._node(node)
            if not graph.loops or before == self.known:
                return
            before = dict(self.known)  # again while a loop brings new ones back
        self.told += [Told(node, axis) for node in graph.loops for axis in node.result("").axes]  # on and on

    def of(self, value: Value) -> Slots:
        """Whose slots stand where in a value."""
        if value not in self.known and value.field is not None:
            self.known[value] = frozenset(self._leaf(value))
        return self.known.get(value, frozenset())

    def seen(self, operand: Operand) -> Slots:
        """The same as the operation sees it."""
        return frozenset((side, operand.seen(place)) for side, place in self.of(operand.value))

    def _leaf(self, value: Value) -> Iterator[tuple[str, Place]]:
        for axis in value.type.axes:
            for side in SIDES.get(axis.rstrip("'"), ()):
                before = ("agent",) if side == "other" and axis.rstrip("'") == "entity" else ()
                yield side, Place(axis, sum(map(self._length, before), Shift()))

    def _node(self, node: Node) -> None:
        given = [*operands(node), *(operand for _, operand in presences(node))]
        together = {slot for operand in given for slot in self.seen(operand)}
        held = {place.axis for _, place in together}
        ordered = node.op.orders(node)
        self.told += [Told(node, axis) for axis in ordered if axis in held or self.table.has_presence(axis)]
        for axis in held - {None}:
            here = sorted({(side, place.shift) for side, place in together if place.axis == axis}, key=repr)
            pairs = [(one, two) for i, one in enumerate(here) for two in here[i + 1 :]]
            if axis is not None and any(not self._apart(*pair) for pair in pairs):
                self.told.append(Told(node, axis))
        for name, output in node.values.items():
            found: set[tuple[str, Place]] = set()
            for operand in given:
                move = Mover(self.table, node, operand, name)
                for side, place in self.seen(operand):
                    for new in move(place):
                        if new.axis is None:
                            if not self._beyond(side, new.shift):
                                found.add((side, new))
                                self.told += [Told(node, place.axis)] if place.axis is not None else []
                        elif not self._outside(side, new):
                            found.add((side, new))
                            if not self._inside(side, new):
                                self.told.append(Told(node, new.axis))
            self.known[output] = frozenset(found) | self._made(node, output, {place.axis for _, place in found})

    def _made(self, node: Node, output: Value, stand: Set[str | None]) -> Slots:
        """Slots of rows that the node makes anew, each in its place: by draws, or of all rows together."""
        fresh = {*node.op.mixes(node), *(a for kind in node.op.draws(node).values() for a in kind.axes)} - stand
        return frozenset((side, place) for side, place in self._leaf(output) if place.axis in fresh)

    def moved_on(self, node: Node) -> str | None:
        """An axis of which the node takes a single row that is another slot's once there are more slots."""
        for operand in operands(node):
            for axis in dict.fromkeys(operand.axes.values()):
                mine = [(side, place) for side, place in self.seen(operand) if place.axis == axis]
                for name in node.values:
                    move = Mover(self.table, node, operand, name)
                    if not mine and self.graph.table.of_slots(axis) and any(p.axis is None for p in move(Place(axis))):
                        return axis  # nobody knows whose row it is
                    rows = [(side, new.shift) for side, place in mine for new in move(place) if new.axis is None]
                    if not (any(self._always(*row) for row in rows) or all(self._beyond(*row) for row in rows)):
                        return axis
        return None

    def _always(self, side: str, row: Shift) -> bool:
        """Is a single row that of one and the same of these slots, however many there are?"""
        return not row.sizes and 0 <= row.rows < (self.graph.table.size(side) or 0)

    def _beyond(self, side: str, row: Shift) -> bool:
        """Is a single row none of these slots'?"""
        return (row - self._length(side)).certain or (Shift(-1) - row).certain

    def _inside(self, side: str, place: Place) -> bool:
        assert place.axis is not None
        end = place.shift + self._length(side)
        return place.shift.certain and (self._length(place.axis) - end).certain

    def _outside(self, side: str, place: Place) -> bool:
        """Do none of these rows stand on the axis?"""
        assert place.axis is not None
        end = place.shift + self._length(side)
        return (Shift() - end).certain or (place.shift - self._length(place.axis)).certain

    def _apart(self, one: tuple[str, Shift], two: tuple[str, Shift]) -> bool:
        """Do two stretches of slots share no row? The same stretch is one, not two."""
        (mine, start), (theirs, other) = one, two
        return (other - start - self._length(mine)).certain or (start - other - self._length(theirs)).certain

    def _length(self, axis: str) -> Shift:
        if axis not in self.lengths:
            self.lengths[axis] = length(self.table, (axis,))
        return self.lengths[axis]
