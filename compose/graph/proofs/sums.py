"""Values as sums of products, to see what cancels: ``w * (taken - best)`` is ``w taken - w best``."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from compose.graph.forms import added
from compose.graph.functions import Elementwise
from compose.graph.node import Value
from compose.graph.proofs.greedy import unstopped

Monomial = tuple[Value, ...]
"""Factors, in a fixed order; () is the number 1."""
Sum = dict[Monomial, float]
MOST = 64
"""Terms; a larger sum stays whole."""


class Sums:
    """Sums of the values of one graph; ``alias`` gives the value that stands for another."""

    def __init__(self, alias: Callable[[Value], Value] = lambda value: value) -> None:
        self.alias, self.known = alias, dict[Value, Sum]()
        self.numbers: dict[Value, int] = {}

    def of(self, value: Value) -> Sum:
        """A value as products of values that are no sums or products themselves."""
        value = self.alias(unstopped(value))
        if value not in self.known:
            found = self._made(value)
            self.known[value] = {(value,): 1.0} if found is None or len(found) > MOST else found
        return self.known[value]

    def _made(self, value: Value) -> Sum | None:
        if value.constant is not None and not isinstance(value.constant, bool):
            return {(): float(value.constant)} if value.constant else {}
        node = value.node
        if node is None or not isinstance(node.op, Elementwise) or node.op.name not in ("+", "-", "*", "neg"):
            return None
        one, *others = [self.of(operand) for operand in node.operands()]
        match node.op.name:
            case "neg":
                return {factors: -times for factors, times in one.items()}
            case "*":
                return self._product(one, others[0])
        return added(one, others[0], 1.0 if node.op.name == "+" else -1.0)

    def _product(self, one: Sum, two: Sum) -> Sum:
        found: Sum = {}
        for (left, a), (right, b) in product(one.items(), two.items()):
            factors = tuple(sorted((*left, *right), key=self._number))
            found = added(found, {factors: a * b})
        return found

    def _number(self, value: Value) -> int:
        return self.numbers.setdefault(value, len(self.numbers))
