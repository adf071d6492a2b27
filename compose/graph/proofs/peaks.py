"""Which values are largest where every agent takes its greedy action (see :mod:`.igm`)."""

from __future__ import annotations

from collections.abc import Iterable

from compose.graph.fields import PLAYED
from compose.graph.forms import added
from compose.graph.functions import Elementwise
from compose.graph.node import Node, Value
from compose.graph.proofs.greedy import Greedy, unstopped
from compose.graph.proofs.sums import Sum, Sums
from compose.graph.recording import CHOSEN, chosen

Path = tuple[str, ...]


class Peaks:
    """What the actions of this step do to values, operands before users."""

    def __init__(self, greedy: Greedy, nodes: Iterable[Node]) -> None:
        self.greedy, self.sums = greedy, Sums()
        self.free: dict[Value, bool] = {}
        """Whether a value depends on the actions of this step at all; what is missing does not."""
        self.acted: set[Value] = set()
        """Values that depend on the actions of this step."""
        self.ahead: set[Value] = set()
        """Values that have looked at later steps."""
        self.bad: dict[Value, Path] = {}
        """Values that need not peak -> the path from the cause."""
        self.advantages: set[Value] = set()
        self.duels: set[Node] = set()
        """Nodes at which the advantage form is needed."""
        self.starts: set[str] = {greedy.utilities.name}
        """Names of the values of the actions taken, and of the utilities."""
        for node in nodes:
            self._look(node)

    def moves(self, value: Value) -> bool:
        """Does it depend on the actions of this step, or on utilities otherwise than through what is greedy in them?"""
        return self.free.get(value, self._told_later(value))

    def acts(self, value: Value) -> bool:
        """Does it depend on the actions of this step?"""
        return value in self.acted or self._told_later(value)

    def _told_later(self, value: Value) -> bool:
        """Is it a field that follows from the actions of this step? Of what acting records that which reads them."""
        graph, name = self.greedy.graph, value.field
        if name is None or not name.startswith(PLAYED):
            return name is not None and graph.field(name).after
        recorded = graph.recorded[name.removeprefix(PLAYED)]
        return recorded.field == CHOSEN or recorded.node in chosen(graph.nodes([recorded]))

    def wrong(self, value: Value) -> Path:
        """Why a value need not peak, as a path; empty if it does."""
        if value in self.bad:
            return self.bad[value]
        return (value.name,) if value.field is not None and self.moves(value) else ()

    def picks(self, nodes: Iterable[Node]) -> bool:
        """Is there the value of an action taken among them?"""
        return any(self.greedy.picked(node) is not None for node in nodes)

    def _look(self, node: Node) -> None:
        picked = self.greedy.picked(node)
        moving = [value for value in node.operands() if self.moves(value)]
        late = any(node.joins("time", output) for output in node.values.values())
        path: Path = ()
        ahead = late and not node.op.delayed and node.op.ahead > 0
        if ahead or any(value in self.ahead for value in node.operands()):
            self.ahead |= set(node.values.values())
        returned = node.op.delayed and bool(self.ahead & set(node.values.values()))  # they have looked at this step
        if node.op.delayed and not (returned and moving):
            moving = []  # earlier steps only
        elif returned or (late and node.op.ahead > 0 and node.operands()):
            path = ("later steps", node.name)
        elif picked is not None and not self.acts(picked):
            self.starts.add(node.name)
        elif self._all_actions(node) and not any(map(self.acts, node.operands())):
            moving = []
        elif moving:
            path = self._through(node, moving)
        acted = (not node.op.delayed or bool(path)) and (bool(path) or any(map(self.acts, node.operands())))
        for output in node.values.values():
            self.acted |= {output} if acted else set()
            self.free[output] = bool(moving or path) or output in self.greedy.ranked or output in self.greedy.open
            if output in self.greedy.ranked or output in self.greedy.open:
                self.bad[output] = (output.name,)
            if path:
                self.bad[output] = path
            if self.free[output] and self._advantage(output):
                self.advantages.add(output)
                self.bad.pop(output, None)
                self.duels.add(node)

    def _all_actions(self, node: Node) -> bool:
        """Does it give the greedy actions or their values, or all values in the order of the utilities?"""
        greedy = self.greedy
        return all(v in greedy.best or v in greedy.index or v in greedy.ranked or v in greedy.open
                   for v in node.values.values())

    def _through(self, node: Node, moving: list[Value]) -> Path:
        """Why outputs need not peak, given which operands depend on actions; empty if they do."""
        if self._weighed(node, moving) or self._duel(node, moving):
            self.duels.add(node)
            return ()
        monotone = node.op.monotone_in(node)
        ports = {v: monotone.get(p) for p, w in node.wires.items() for v in (w if isinstance(w, tuple) else (w,))}
        for value in moving:
            if wrong := self.wrong(value):
                return (*wrong, node.name)
            if ports.get(value) != 1 or self._twice(node, value):
                return (*self._start(value), node.name)
        return ()

    def _twice(self, node: Node, value: Value) -> bool:
        """Does a value arrive at a port in which the operation is not monotone, beside one in which it is?"""
        monotone = node.op.monotone_in(node)
        at = [p for p, w in node.wires.items() for v in (w if isinstance(w, tuple) else (w,)) if v is value]
        return any(monotone.get(port) != 1 for port in at) or value in node.presence.values()

    def _start(self, value: Value) -> Path:
        """A path that leads to a value that depends on actions."""
        names = [value.name]
        while value.node is not None and self.greedy.picked(value.node) is None:
            value = next(v for v in value.node.operands() if self.moves(v))
            names.append(value.name)
        return (self.greedy.utilities.name, *reversed([name for name in names if name != self.greedy.utilities.name]))

    # ------------------------------------------------------- advantage form

    def _advantage(self, value: Value) -> bool:
        """Is it at most 0, and 0 where all actions are greedy?"""
        plain = unstopped(value)
        if plain in self.advantages:
            return True
        if plain.node is not None and isinstance(plain.node.op, Elementwise) and plain.node.op.weighs \
                and self._weighed(plain.node, [v for v in plain.node.operands() if self.moves(v)]):
            return True
        total = self.sums.of(plain)
        return bool(total) and not any(self._unpaired(total, factors) for factors in total)

    def _unpaired(self, total: Sum, factors: tuple[Value, ...]) -> bool:
        """Is this no half of ``c (taken - best)``, with c not negative?"""
        for i, factor in enumerate(factors):
            rest = (*factors[:i], *factors[i + 1 :])
            if any(f.type.sign != "nonneg" for f in rest):
                continue
            for other, number in total.items():
                twin = [f for j, f in enumerate(other) if (*other[:j], *other[j + 1 :]) == rest]
                if any((self._pair(factor, f) and total[factors] == -number < 0) or
                       (self._pair(f, factor) and total[factors] == -number > 0) for f in twin):
                    return False
        return True

    def _pair(self, best: Value, taken: Value) -> bool:
        """Are these the best value and the one of the action taken, of the same ranked value?"""
        of = self.greedy.best.get(best)
        return of is not None and taken.node is not None and self.greedy.picked(taken.node) is of

    def _weighed(self, node: Node, moving: list[Value]) -> bool:
        """Is it an advantage times what is not negative, all else the same for all actions?"""
        if node.op.weighs is None:
            return False
        either = isinstance(node.op, Elementwise)
        for one, two in (node.op.weighs, node.op.weighs[::-1]) if either else (node.op.weighs,):
            x, y = node.wires[one], node.wires[two]
            if isinstance(x, Value) and isinstance(y, Value) and self._advantage(x) and y.type.sign == "nonneg":
                return x is not y and all(v is x or v is y for v in moving)
        return False

    def _duel(self, node: Node, moving: list[Value]) -> bool:
        duel = node.op.duel
        if duel is None:
            return False
        values, advantages, importance = (node.wires[p] for p in (duel.values, duel.advantages, duel.importance))
        if not (isinstance(values, Value) and isinstance(advantages, Value) and isinstance(importance, Value)):
            return False
        bests = added(self.sums.of(values), self.sums.of(advantages), -1.0)
        fixed = not any(self.moves(factor) for factors in bests for factor in factors)
        return fixed and self._advantage(advantages) and importance.type.sign == "nonneg" \
            and all(v in (values, advantages, importance) for v in moving)
