"""One node on its way into the graph: what its operation may ask meanwhile, and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from compose.graph.node import Node, Value, WeightInfo, WeightUse
from compose.graph.ports import arguments, everywhere, fit
from compose.language.axes import Axes, Type, join
from compose.language.diagnostics import Path, SpecError, did_you_mean
from compose.language.operation import Weight
from compose.language.values import Expr

if TYPE_CHECKING:
    from compose.graph.elaborate import Elaboration
    from compose.graph.scope import Scope

LARGEST = 30_000
"""Values in a graph."""


class Placing:
    """A node and the scope it is placed in. Implements :class:`compose.language.operation.Site`: as the node does, and
    whatever an operation says is wrong is told with its place in the file."""

    def __init__(self, node: Node, scope: Scope) -> None:
        self.node, self.scope = node, scope

    @property
    def elaboration(self) -> Elaboration:
        """What it is part of."""
        return self.scope.elaboration

    # ----------------------------------------------------- what the node knows

    @property
    def types(self) -> Mapping[str, Type | tuple[Type, ...]]:
        return self.node.types

    @property
    def bound(self) -> Mapping[str, Axes]:
        return self.node.bound

    def type(self, port: str) -> Type:
        return self.node.type(port)

    def result(self, output: str) -> Type:
        return self.node.result(output)

    def size(self, axis: str) -> int | None:
        return self.node.size(axis)

    def has_presence(self, axis: str) -> bool:
        return self.node.has_presence(axis)

    # ------------------------------------------------------ what may be wrong

    def axes(self, *sizes: Expr) -> Axes:
        return tuple(a for size in sizes for a in self.scope.size_axes(size, self.node.where))

    def axis(self, name: str, port: str) -> str:
        resolved = self.node.axis(name, port)
        found = self.types[port]
        have = found.axes if isinstance(found, Type) else tuple(a for t in found for a in t.axes)
        if resolved not in have:
            op = self.node.op
            given = {f: v for f, v in vars(op).items() if f not in op.ports()}
            at = next((f"{f}.{v.index(name)}" if v != name else f for f, v in given.items()
                       if v == name or (isinstance(v, tuple) and name in v)), "")
            self.fail(at, f"no axis '{name}' in [{' '.join(have)}]", did_you_mean(name, have))
        return resolved

    def indexes(self, port: str, axis: str, *, new: bool = False) -> None:
        counts, base, table = self.type(port).counts, axis.rstrip("'"), self.node.table
        if counts is None or counts == base:
            return
        most, have = table.size(counts), table.size(base)
        if counts in ("batch", "time"):
            self.fail(port, f"expected an index of '{base}', got one of '{counts}'")
        named = base.isidentifier() and counts.isidentifier() and not (base in table.spec.axes or base in table.joined)
        if (named and not new) or (most is not None and have is not None and most > have):
            rows = f"'{counts}'" + (f" ({most} rows)" if most else "") if counts != str(most) else f"{counts} rows"
            self.fail(port, f"expected an index of '{axis}', got one of {rows}")

    def count(self, size: Expr) -> int:
        return self.scope.count(size, self.node.where)

    def join(self, axis: str, rows: tuple[str, ...]) -> None:
        self.elaboration.join_axis(self.node, axis, rows)

    def fail(self, field: str, message: str, hint: str = "") -> NoReturn:
        """Report a mistake at a field (``of.1`` is an item of one), or at an operand of a function."""
        node, name, item = self.node, *field.partition(".")[::2]
        at: Path = node.field(name) if name else node.where
        if item and self.elaboration.loaded.is_written((*at, int(item))):
            at = (*at, int(item))
        given = getattr(node.op, name, None)
        if isinstance(given, Expr) and name not in node.op.ports():
            self.elaboration.fail("graph.size", at, message, hint, causes=self.elaboration.set_at(given.tree))
        self.elaboration.fail("graph.axes", at, message, hint, node.parts.get(name))

    # ------------------------------------------------------- what it becomes

    def finish(self) -> dict[str, Value]:
        """Check what arrives at the node's ports; give it outputs, weights and presences. Raises Failed."""
        node, graph = self.node, self.elaboration.graph
        if len(graph.values) > LARGEST:
            self.elaboration.report("graph.size", node.where, f"the graph has more than {LARGEST} values")
            raise SpecError(*self.elaboration.errors.values())
        fit(self)
        if everywhere(self):
            fit(self)
        arguments(self)
        self._nonneg()
        for output, kind in node.op.infer(self).items():
            double = next((a for a in kind.axes if kind.axes.count(a) > 1), None)
            if double:
                hint = f"`rename` the second copy to {double}'"
                self.elaboration.fail("graph.axes", node.where, f"the result {kind} has axis '{double}' twice", hint)
            kind = replace(kind, axes=join(kind.axes)) if kind.axes != join(kind.axes) else kind
            name = f"{node.name}.{output}" if output else node.name
            node.values[output] = graph.values[name] = Value(name, kind, node, output)
        for name, weight in node.op.learned(self).items():
            self._weight(name, weight)
        for port, axis in node.op.counted(self):
            if node.has_presence(axis):
                timed = "time" in node.type(port).axes
                node.presence[f"{port}:{axis}"] = self.elaboration.presences.of(axis, timed=timed)
        return node.values

    def _nonneg(self) -> None:
        node = self.node
        for port in node.op.nonneg:
            if port in node.wires and node.type(port).sign != "nonneg":
                hint = "make it positive with a `positive` block (softmax, abs, softplus, sigmoid)"
                text, name = f"'{port}' must not be negative, and this may be", getattr(node.op, "name", "")
                if name:
                    text, hint = f"what '{name}' takes must not be negative, and this may be", "maximum(x, 0) is not"
                self.elaboration.fail("graph.sign", node.field(port), text, hint)

    def _weight(self, name: str, weight: Weight) -> None:
        node, scope, elaboration = self.node, self.scope, self.elaboration
        holder = str(node.where[len(scope.where)])
        full = f"{scope.network}.{holder}.{name}"
        network = elaboration.spec.networks.get(scope.network)
        if network is not None and network.init is not None:
            weight = network.init.weight(holder, weight)
        info = WeightInfo(full, (*(axis for axis, _ in scope.turns), *weight.axes), weight, scope.network)
        held = elaboration.graph.weights.setdefault(full, info)
        elaboration.first_use.setdefault(full, node.name)
        if held.axes != info.axes:
            here, there = " ".join(info.axes), " ".join(held.axes)
            hint = "all applications of a network share its weights; make another network with `like`"
            text = f"weight '{full}' is [{here}] in '{node.name}' and [{there}] in '{elaboration.first_use[full]}'"
            elaboration.fail("graph.weights", node.where, text, hint, key=True)
        target = scope.target or bool(getattr(node.op, "target", False))
        node.weights[name] = WeightUse(full, tuple(i for _, i in scope.turns), target, scope.frozen and not target)
