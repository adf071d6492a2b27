"""By how many rows something is moved along an axis, with sizes that may be symbolic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from compose.graph.sizes import AxisTable, size_of
from compose.language.expressions import Apply, Number, Ref, Tree
from compose.language.operation import Kept

ROUNDS = 50
"""How often rows may move around a loop until nothing is new; those that move on and on never stop."""


@dataclass(frozen=True)
class Shift:
    """``rows`` plus the sizes of axes that have no number yet, each so many times. All sizes are at least 0."""

    rows: int = 0
    sizes: frozenset[tuple[str, int]] = frozenset()

    def __add__(self, other: Shift) -> Shift:
        return self._with(other, 1)

    def __sub__(self, other: Shift) -> Shift:
        return self._with(other, -1)

    def _with(self, other: Shift, sign: int) -> Shift:
        total = Counter(dict(self.sizes))
        for axis, times in other.sizes:
            total[axis] += sign * times
        return Shift(self.rows + sign * other.rows, frozenset((a, n) for a, n in total.items() if n))

    @property
    def certain(self) -> bool:
        """Is it 0 or more, whatever the sizes?"""
        return self.rows >= 0 and all(times > 0 for _, times in self.sizes)


def length(table: AxisTable, axes: Iterable[str], rows: int = 0) -> Shift:
    """So many rows, and those of all these axes together."""
    return sum((_size(table, axis) for axis in axes), Shift(rows))


def shift(table: AxisTable, kept: Kept) -> Shift:
    """What a declaration says of the rows of an axis."""
    return length(table, kept.after, kept.row) - length(table, kept.before)


def _size(table: AxisTable, axis: str) -> Shift:
    known = table.size(axis)
    return Shift(known) if known is not None else _linear(table, size_of(axis))


def _linear(table: AxisTable, tree: Tree) -> Shift:
    """A size that is not known as a sum of sizes, as far as it is one; agents and others make up the entities."""
    match tree:
        case Number():
            return Shift(int(tree.value))
        case Apply("+" | "-", (left, right)):
            one, two = _linear(table, left), _linear(table, right)
            return one + two if tree.function == "+" else one - two
        case Apply("*", (Number() as times, other)) | Apply("*", (other, Number() as times)):
            if 0 <= times.value == int(times.value) < 100:
                return sum([_linear(table, other)] * int(times.value), Shift())
        case Ref() if str(tree) in table.spec.axes:
            return _linear(table, table.spec.axes[str(tree)].tree)
        case Ref() if str(tree) == "entity":
            return _symbol("agent") + _symbol("other")
        case Ref() if (known := table.evaluate(tree)) is not None:
            return Shift(int(known))
    return _symbol(table.canonical(tree))


def _symbol(name: str) -> Shift:
    return Shift(0, frozenset([(name, 1)]))
