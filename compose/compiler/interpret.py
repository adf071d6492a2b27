"""The plain interpreter: walk the typed graph and call every operation's pure function.

It is the reference that everything faster is tested against. Called with tensors it computes; called with
``torch.fx`` proxies it writes the program down (:mod:`compose.compiler.trace`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from compose.compiler.unroll import Unrolled
from compose.graph.align import align
from compose.graph.functions import Function
from compose.graph.graph import Graph
from compose.graph.loops import Loop
from compose.graph.node import Node, Value
from compose.kernels.everywhere import everywhere
from compose.language.axes import Axes, signature


class Sources(Protocol):
    """Where an interpreter gets what the graph does not compute."""

    def read(self, kind: str, name: str) -> Any:
        """A ``weight``, ``target`` copy, ``field``, ``draw``, ``state``, ``statistic`` or ``param`` by name; None: no
        such state."""


@dataclass
class Interpreter:
    """One evaluation of a graph."""

    graph: Graph
    sources: Sources
    dtype: Any
    """The torch dtype of floats."""
    results: dict[Value, Any] = field(default_factory=dict)
    carried: dict[str, Any] = field(default_factory=dict)
    """State for the next step, by ``node.name``."""
    whole: bool = False
    """Are there whole episodes? Else one step, where anything is carried."""
    entered: list[Node] = field(default_factory=list)
    """Delays of loops that have been given what was carried, and have yet to hand on."""

    def evaluate(self, values: Iterable[Value]) -> list[Any]:
        """The tensors of ``values``; every node they need is computed once."""
        values = list(values)
        for node in self.graph.nodes(v for v in values if v not in self.results):
            self.compute(node)
        self.carry_on()
        return [self.value(v) for v in values]

    def value(self, value: Value) -> Any:
        """A tensor that has been computed, a field, or a number."""
        if value.constant is not None:
            return value.constant
        if value not in self.results:
            if value.field is not None:
                self.results[value] = self.sources.read("field", value.field)
            elif value.param is not None:
                self.results[value] = self.sources.read("param", value.param)
            else:
                raise KeyError(value.name)
        return self.results[value]

    def compute(self, node: Node) -> None:
        """The values of a node whose operands are there. The first delay of a loop: of the whole loop, unless it is
        one step of it."""
        if all(v in self.results for v in node.values.values()):
            return
        if node in self.graph.loops:
            self._enter(node, self.graph.loops[node])
            return
        run = NodeRun(node, self)
        found = node.op.compute(run, **run.ports())
        outputs = found if isinstance(found, dict) else {"": found}
        for name, value in node.values.items():
            self.results[value] = outputs[name]

    def _enter(self, delay: Node, loop: Loop) -> None:
        ((name, kept),) = delay.op.carries(delay).items()
        before = self.sources.read("state", f"{delay.name}.{name}")
        if before is not None and not self.whole:
            (value,) = delay.values.values()
            self.results[value] = align(before, kept.axes, value.type.axes)
            self.entered.append(delay)
            return
        self.evaluate(loop.reads)
        unrolled = unroll(self.graph, loop, self.dtype, before is not None)
        found = unrolled(*(self.sources.read(one.kind, one.name) if one.value is None else self.value(one.value)
                           for one in unrolled.reads))
        self.results.update(zip(loop.gives, found, strict=True))

    def carry_on(self) -> None:
        """What delays in loops hand to the next step: their operands as they are."""
        for delay in self.entered:
            ((value,), (given,), (name,)) = delay.values.values(), delay.operands(), delay.op.carries(delay)
            x = align(self.value(given), given.type.axes, value.type.axes)
            self.carried[f"{delay.name}.{name}"] = x.select(value.type.axes.index("time"), 0)
        self.entered.clear()


def unroll(graph: Graph, loop: Loop, dtype: Any, carried: bool = False) -> Unrolled:
    """A loop over whole episodes, each of its steps interpreted."""
    return Unrolled(graph, loop, dtype, lambda given: one_step(Interpreter(graph, Given(given), dtype), loop), carried)


def one_step(interpreter: Interpreter, loop: Loop, used: Iterable[int] | None = None) -> dict[str, Any]:
    """A step of a loop: what it gives (all, or what is ``used``), by number, and what it carries, by name."""
    read = interpreter.sources.read
    interpreter.results.update({value: read("value", str(i)) for i, value in enumerate(loop.reads)})
    for node in loop.nodes:
        interpreter.compute(node)
    interpreter.carry_on()
    wanted = range(len(loop.gives)) if used is None else used
    return {**{str(i): interpreter.value(loop.gives[i]) for i in wanted}, **interpreter.carried}


@dataclass
class NodeRun:
    """What one operation may ask for; implements :class:`compose.language.operation.Run`."""

    node: Node
    interpreter: Interpreter

    @property
    def dtype(self) -> Any:
        return self.interpreter.dtype

    def axes(self, port: str) -> Axes:
        """The axes of the tensor at a port, in order, as the operation receives it."""
        if self.node.op.aligned:
            return self.node.signature_axes(signature(self.node.op.ports()[port]))
        return self.node.type(port).axes

    def ports(self) -> dict[str, Any]:
        """What arrives at every port. A bare truth value comes as a tensor, except at functions and at masks that bound
        a port: those know that ``True`` restricts nothing."""
        given = {port: self.port(port) for port in self.node.wires}
        plain = [] if isinstance(self.node.op, Function) else [
            p for p, x in given.items() if isinstance(x, bool) and p not in self.node.op.bounds.values()
        ]  # fmt: skip
        some = next((x for x in given.values() if not isinstance(x, bool | int | float | tuple)), None)
        return given | {p: some.new_full((), given[p], dtype=torch.bool) for p in plain if some is not None}

    def port(self, port: str) -> Any:
        wire, kinds = self.node.wires[port], self.node.types[port]
        if isinstance(wire, tuple):
            assert isinstance(kinds, tuple)
            tensors = [self.interpreter.value(v) for v in wire]
            if not self.node.op.aligned:
                return tuple(tensors)
            return tuple(align(x, k.axes, self.axes(port)) for x, k in zip(tensors, kinds, strict=True))
        x = self.interpreter.value(wire)
        return align(x, self.node.type(port).axes, self.axes(port)) if self.node.op.aligned else x

    def weight(self, name: str) -> Any:
        use = self.node.weights[name]
        weight = self.interpreter.sources.read("target" if use.target else "weight", use.name)
        for index in use.index:
            weight = weight[index]
        return weight.detach() if use.frozen else weight

    def present(self, port: str, axis: str, axes: Axes | None = None) -> Any:
        value = self.node.presence.get(f"{port}:{axis}")
        if value is None:
            return None
        return align(self.interpreter.value(value), value.type.axes, self.axes(port) if axes is None else axes)

    def dims(self, port: str, axes: Axes) -> tuple[int, ...]:
        have = self.axes(port)
        return tuple(have.index(a) - len(have) for a in axes)

    def draw(self, name: str) -> Any:
        return self.interpreter.sources.read("draw", f"{self.node.name}.{name}")

    def state(self, name: str) -> Any:
        return self.interpreter.sources.read("state", f"{self.node.name}.{name}")

    def carry(self, name: str, value: Any) -> None:
        self.interpreter.carried[f"{self.node.name}.{name}"] = value

    def statistic(self, name: str) -> Any:
        return self.interpreter.sources.read("statistic", f"{self.node.name}.{name}")

    def alive(self) -> Any:
        if not self.node.op.over_steps or "time" in self.node.bound["..."]:
            return None
        return self.interpreter.sources.read("plan", "alive"), self.interpreter.sources.read("plan", "sequences")

    def everywhere(self, x: Any) -> Any:
        return everywhere(x)

    def size(self, axis: str) -> int:
        size = self.node.size(axis)
        if size is None:
            raise ValueError(f"the size of axis '{axis}' is not known without an environment")
        return size


@dataclass
class Given:
    """Sources that are plain mappings."""

    values: Mapping[str, Mapping[str, Any]]

    def read(self, kind: str, name: str) -> Any:
        found = self.values.get(kind, {})
        return found.get(name) if kind == "state" else found[name]
