"""A joint value that losses hold below a value that peaks, and on it for the greedy actions (QTRAN, Son et al. 2019).

With S a value that peaks and V the same for all actions: where ``min(S(u) - J(u) + V, 0)`` is 0 for the actions taken
and ``S(g) - J(g) + V`` for the greedy ones, ``J(u) <= S(u) + V <= S(g) + V = J(g)``. The first holds as well where the
largest ``J - S - V`` that an agent can reach by another action of its own is 0 (QTRAN-alt, J then one for each agent).
"""

from __future__ import annotations

from compose.graph.forms import added
from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.intervals import interval
from compose.graph.node import Node, Value
from compose.graph.proofs.greedy import available, unstopped
from compose.graph.proofs.peaks import Peaks
from compose.graph.proofs.sums import Monomial, Sum
from compose.language.block import Block


def constrained(graph: Graph, joint: Value, peaks: Peaks) -> tuple[str, str] | None:
    """The two losses that hold the joint value; None if there are no such losses."""
    squares = {name: of for name, term in graph.losses.items()
               if interval(term.weight)[1] > 0 and (of := _argument(term.value, "square")) is not None}
    for below, of in squares.items():
        gap = _clipped(of, peaks) or _largest(graph, of, peaks)
        if gap is None or not _holds(gap, unstopped(joint), peaks):
            continue
        twins = Twins(peaks)
        at_best = next((name for name, other in squares.items()
                        if name != below and twins.sums(gap, peaks.sums.of(other))), None)
        if at_best is not None:
            return at_best, below
    return None


def _argument(value: Value, function: str) -> Value | None:
    node = unstopped(value).node
    if node is None or not isinstance(node.op, Elementwise) or node.op.name != function:
        return None
    return node.operands()[0]


def _clipped(value: Value, peaks: Peaks) -> Sum | None:
    """x of ``minimum(x, 0)``."""
    node = unstopped(value).node
    if node is None or not isinstance(node.op, Elementwise) or node.op.name != "minimum":
        return None
    one, two = node.operands()
    gap = one if two.constant == 0 else two if one.constant == 0 else None
    return None if gap is None else peaks.sums.of(gap)


def _largest(graph: Graph, value: Value, peaks: Peaks) -> Sum | None:
    """-x for the actions taken, of the largest x among each agent's own available actions."""
    node = unstopped(value).node
    if node is None or unstopped(value).type.dtype == "int":
        return None
    for port, mask in node.op.searches.items():
        of = node.wires[port]
        if isinstance(of, Value) and available(graph, node.wires.get(mask)) \
                and peaks.greedy.over_actions(node, unstopped(value).output, port):
            return _taken(graph, peaks.sums.of(of), peaks)
    return None


def _taken(graph: Graph, total: Sum, peaks: Peaks) -> Sum | None:
    """Minus a sum of values of actions, for the actions taken; None if some value is not known for those."""
    picks: dict[Value, Value] = {}
    for node in graph.nodes():
        for port, index in node.op.picks.items():
            of, by = node.wires[port], node.wires[index]
            if isinstance(of, Value) and isinstance(by, Value) and peaks.greedy.taken(by) \
                    and node.type(port).axes[-1] == "action":
                picks.setdefault(unstopped(of), node.values[""])
    found: Sum = {}
    for factors, number in total.items():
        chosen: list[Value] = []
        for factor in factors:
            if "action" in factor.type.axes and factor not in picks:
                return None
            chosen.append(picks[factor] if "action" in factor.type.axes else factor)
        found = added(found, {tuple(chosen): -number})
    return found


def _holds(gap: Sum, joint: Value, peaks: Peaks) -> bool:
    """Is it ``S - J + V``?"""
    found = False
    for factors, number in gap.items():
        if factors == (joint,) and number == -1.0:
            found = True
        elif any(map(peaks.moves, factors)) and (len(factors) > 1 or number < 0 or peaks.wrong(factors[0])):
            return False
    return found


class Twins:
    """Which value is which other one, with greedy actions in the place of those taken."""

    def __init__(self, peaks: Peaks) -> None:
        self.peaks, self.known = peaks, dict[tuple[Value, Value], bool]()

    def of(self, taken: Value, greedy: Value) -> bool:
        """Is the second what the first would be, had every agent been greedy?"""
        pair = unstopped(taken), unstopped(greedy)
        if pair not in self.known:
            self.known[pair] = False  # a loop proves nothing
            self.known[pair] = self._compare(*pair)
        return self.known[pair]

    def sums(self, taken: Sum, greedy: Sum) -> bool:
        """The same of sums, product by product."""
        left = dict(greedy)
        for factors, number in taken.items():
            twin = next((x for x, other in left.items() if number == other and self._products(factors, x)), None)
            if twin is None:
                return False
            del left[twin]
        return not left

    def _products(self, taken: Monomial, greedy: Monomial) -> bool:
        left = list(greedy)
        for factor in taken:
            twin = next((x for x in left if self.of(factor, x)), None)
            if twin is None:
                return False
            left.remove(twin)
        return not left

    def _compare(self, x: Value, y: Value) -> bool:
        if x is y or (x.constant is not None and x.constant == y.constant and x.type == y.type):
            return not self.peaks.moves(x)
        if self.peaks.greedy.taken(x):
            return y in self.peaks.greedy.index
        if x.node is None or y.node is None:
            return False
        picked = self.peaks.greedy.picked(x.node)
        if picked is not None and self.peaks.greedy.best.get(y) is picked:
            return True
        return x.output == y.output and _same(x.node, y.node) and set(x.node.wires) == set(y.node.wires) and all(
            len(a) == len(b) and all(map(self.of, a, b)) for a, b in _wires(x.node, y.node))


def _same(x: Node, y: Node) -> bool:
    """Do two nodes compute the same of whatever arrives?"""
    if type(x.op) is not type(y.op) or x.weights != y.weights or x.op.draws(x) or x.op.statistics(x):
        return False
    if not isinstance(x.op, Block) or not isinstance(y.op, Block):
        return x.op == y.op
    wired = {*x.op.port_signatures()}
    return x.op.model_dump(exclude=wired) == y.op.model_dump(exclude=wired)


def _wires(x: Node, y: Node) -> list[tuple[tuple[Value, ...], tuple[Value, ...]]]:
    pairs = [(x.wires[port], y.wires[port]) for port in x.wires]
    pairs += [(x.presence[key], y.presence[key]) for key in x.presence if key in y.presence]
    return [(a if isinstance(a, tuple) else (a,), b if isinstance(b, tuple) else (b,)) for a, b in pairs]
