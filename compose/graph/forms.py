"""What expressions amount to, whatever the numbers are: ``x - x`` is 0, ``x / x`` is 1, ``a & ~a`` holds nowhere."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from compose.graph.functions import Elementwise
from compose.graph.node import Node, Value
from compose.language.operation import ALWAYS, NEVER, Range

Term = TypeVar("Term", bound=Hashable)
Terms = frozenset[tuple[Hashable, float]]
"""A sum: what is added, and how many times."""
ONE: Hashable = ()
"""The term that a number is a multiple of."""
UNIT: Terms = frozenset([(ONE, 1.0)])
HOLDS: frozenset[tuple[Hashable, bool]] = frozenset()
"""The conjunction of nothing."""
FAILS: Hashable = "nowhere"
SWAPPED = {">": "<", ">=": "<="}


class Forms:
    """The forms of a graph's values; two values of one form are equal. Of expressions alone: a block is itself.

    Numbers have the form of a sum, truths that of a conjunction.

    Args:
        nodes: Operands before users.
        stops: Is ``stop(x)`` something else than ``x``? As a value it is not, as what a gradient goes through it is.
    """

    def __init__(self, nodes: Iterable[Node], *, stops: bool = False) -> None:
        self.stops, self.known = stops, dict[Value, Hashable]()
        self.names: dict[Hashable, Hashable] = {}
        self.denied: dict[Hashable, Hashable] = {}
        for node in nodes:
            if isinstance(node.op, Elementwise):
                self.known[node.values[""]] = self._made(node.op.name, [self.of(x) for x in node.wires.values()],
                                                         node.values[""])

    def of(self, value: Value | tuple[Value, ...]) -> Hashable:
        """The form of a value."""
        assert isinstance(value, Value)
        if isinstance(value.constant, bool):
            return HOLDS if value.constant else FAILS
        if value.constant is not None:
            return _sum((UNIT, float(value.constant)))
        return self.known[value] if value in self.known else self._alone(value, value)

    def range(self, value: Value) -> Range | None:
        """Where a value that is always the same stays; None if it is not."""
        form = self.of(value)
        if value.type.dtype == "bool":
            return NEVER if form == FAILS else ALWAYS if form == HOLDS else None
        number = _number(form)
        return None if number is None else (number, number)

    def _alone(self, what: Hashable, value: Value) -> Hashable:
        """Something that is not looked into; short names keep forms of forms small."""
        name = self.names.setdefault(what, len(self.names) + 1)
        return frozenset([(name, True)]) if value.type.dtype == "bool" else frozenset([(name, 1.0)])

    def _made(self, name: str, of: list[Hashable], value: Value) -> Hashable:
        if name == "stop" and not self.stops:
            return of[0]
        if name in ("+", "-", "neg"):
            return _sum(*((form, -1.0 if name == "neg" or (name == "-" and i) else 1.0) for i, form in enumerate(of)))
        if name == "*" and (factors := [_number(form) for form in of]) != [None, None]:
            return _sum((of[0], factors[1])) if factors[1] is not None else _sum((of[1], factors[0] or 0.0))
        if name == "/" and (by := _number(of[1])):
            return _sum((of[0], 1.0 / by))
        if name == "/" and of[0] == of[1]:
            return UNIT
        if name in ("<", "<=", ">", ">="):
            left, right = reversed(of) if name in SWAPPED else of
            return self._below(_sum((left, 1.0), (right, -1.0)), SWAPPED.get(name, name) == "<=", value)
        if name == "==" and of[0] == of[1]:
            return HOLDS
        if name == "not":
            return self._not(of[0], value)
        if name in ("&", "|"):
            sides = of if name == "&" else [self._not(form, value) for form in of]
            both = self._both(sides)
            return both if name == "&" else self._not(both, value)
        order = frozenset(of) if name in ("*", "==", "minimum", "maximum") else tuple(of)
        return self._alone((name, order), value)

    def _below(self, gap: Hashable, closed: bool, value: Value) -> Hashable:
        """``gap < 0``, or ``gap <= 0``, which is that ``-gap < 0`` is false."""
        number = _number(gap)
        if number is not None:
            return HOLDS if number < 0 or (closed and number == 0) else FAILS
        below = self._alone(("below", _sum((gap, -1.0)) if closed else gap), value)
        return self._not(below, value) if closed else below

    def _not(self, form: Hashable, value: Value) -> Hashable:
        if form in (HOLDS, FAILS):
            return FAILS if form == HOLDS else HOLDS
        assert isinstance(form, frozenset)
        if len(form) > 1:
            denial = self._alone(("not", form), value)
            self.denied[denial] = form
            return denial
        (what, holds), = form
        return self.denied.get(form) or frozenset([(what, not holds)])

    def _both(self, sides: list[Hashable]) -> Hashable:
        if FAILS in sides:
            return FAILS
        all_of = HOLDS.union(*sides)  # type: ignore[arg-type]
        return FAILS if any((what, not holds) in all_of for what, holds in all_of) else all_of


def added(one: Mapping[Term, float], two: Mapping[Term, float], times: float = 1.0) -> dict[Term, float]:
    """``one + times two`` of sums, without terms that cancel."""
    total = dict(one)
    for term, number in two.items():
        total[term] = total.get(term, 0.0) + times * number
    return {term: number for term, number in total.items() if number}


def _sum(*parts: tuple[Hashable, float]) -> Terms:
    """Forms of numbers, each times a number, as one."""
    total: dict[Hashable, float] = {}
    for form, times in parts:
        assert isinstance(form, frozenset)
        total = added(total, dict(form), times)
    return frozenset(total.items())


def _number(form: Hashable) -> float | None:
    """The number that a sum is, if it is one."""
    if form == frozenset():
        return 0.0
    assert isinstance(form, frozenset)
    (what, count), *more = form
    return float(count) if what == ONE and not more else None
