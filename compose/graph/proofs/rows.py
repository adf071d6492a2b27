"""Which rows of what a value was made from stand in which of its rows: the account of dependence that proofs share.

An axis of a value is an *instance*. A place says where the rows of some original axis stand: original row ``i`` at row
``i + shift`` of an axis of the value. A node moves places from its operands to its outputs where its operation declares
(:meth:`Operation.keeps`, :meth:`Operation.puts`) that rows stay apart; otherwise they are joined, even if the output
has an axis of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compose.graph.node import Node, Value
from compose.graph.proofs.shift import Shift, length, shift
from compose.graph.sizes import AxisTable

HERE = Shift()


@dataclass(frozen=True)
class Place:
    """Where rows stand. With ``axis`` None the value depends on the single original row ``shift`` alone."""

    axis: str | None
    shift: Shift = HERE


def nowhere(table: AxisTable, place: Place) -> bool:
    """Is it a single row of agents or entities that there is not? The row behind the last is what was put there."""
    if place.axis is not None:
        return False
    return (place.shift - length(table, ("entity",))).certain or (Shift(-1) - place.shift).certain


@dataclass(frozen=True)
class Operand:
    """One of the values at a port of a node; presence that is counted there is one too."""

    port: str
    item: int
    value: Value
    axes: dict[str, str]
    """Its axes -> the same as the operation sees them."""

    def seen(self, place: Place) -> Place:
        """A place of the value as the operation sees it."""
        return place if place.axis is None else Place(self.axes[place.axis], place.shift)


def operands(node: Node) -> Iterator[Operand]:
    """What outputs are computed from, without presences."""
    for port, wire in node.wires.items():
        seen = node.types[port]
        values, kinds = (wire, seen) if isinstance(wire, tuple) else ((wire,), (seen,))
        assert isinstance(kinds, tuple)
        for item, (value, kind) in enumerate(zip(values, kinds, strict=True)):
            yield Operand(port, item, value, dict(zip(value.type.axes, kind.axes, strict=True)))  # type: ignore[union-attr]


def presences(node: Node) -> Iterator[tuple[str, Operand]]:
    """The axis that is counted, and who is present along it, as an operand of the port that counts it."""
    for key, value in node.presence.items():
        port, _, axis = key.partition(":")
        yield axis, Operand(port, 0, value, {a: a for a in value.type.axes})


class Mover:
    """How one node carries places of one operand on to one output."""

    def __init__(self, table: AxisTable, node: Node, operand: Operand, output: str) -> None:
        self.table = table
        self.kept = node.op.keeps(node, operand.port, operand.item, output)
        self.put = node.op.puts(node, operand.port, operand.item)

    def __call__(self, place: Place) -> tuple[Place, ...]:
        """Where rows at ``place`` (as the operation sees it) stand in the output; nowhere if they are joined."""
        if place.axis is None:
            return (place if self.put is None else Place(self.put.axis, shift(self.table, self.put) - place.shift),)
        found = []
        for kept in self.kept.get(place.axis, ()):
            by = shift(self.table, kept)
            found.append(Place(None, by - place.shift) if kept.axis is None else Place(kept.axis, place.shift + by))
        return tuple(found)
