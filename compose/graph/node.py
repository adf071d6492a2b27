"""The typed graph: values with types, nodes that make them.

After elaboration all networks are inlined: ``q.a`` is node ``a`` of the network that ``q`` applies. Weights keep the
network's name (``utility.a.query``), so that all applications share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from compose.graph.sizes import AxisTable
from compose.language.axes import Axes, Signature, Type, leads
from compose.language.diagnostics import Path
from compose.language.expressions import Tree
from compose.language.operation import Operation, Weight
from compose.language.values import Expr


@dataclass(eq=False)
class Value:
    """One tensor-to-be: a field of the environment, a constant, a moving param, or an output of a node."""

    name: str
    type: Type
    node: Node | None = None
    output: str = ""
    field: str | None = None
    """Name of the environment field, for those."""
    constant: float | bool | None = None
    """The number, for constants."""
    param: str | None = None
    """Name of the moving param, for those."""
    axis: str | None = None
    """Name of an axis whose size the number is, or is made of."""
    range: tuple[float, float] | None = None
    """Between which numbers a constant or a moving param stays."""

    def __repr__(self) -> str:
        return f"<{self.name} {self.type}>"


@dataclass(frozen=True)
class WeightUse:
    """Which weight a node reads: its name, the index into leading ``repeat``/``each`` axes, the lagged copy or not,
    without gradient or not (a lagged copy never has one)."""

    name: str
    index: tuple[int, ...]
    target: bool
    frozen: bool = False

    @property
    def trained(self) -> bool:
        """Can a gradient reach the weight this way?"""
        return not self.target and not self.frozen


@dataclass(frozen=True)
class WeightInfo:
    """A weight of the spec: full axes (leading repeats first) and how it starts."""

    name: str
    axes: Axes
    weight: Weight
    network: str


@dataclass(eq=False)
class Node:
    """One operation at one place. Implements :class:`compose.language.operation.Site`."""

    name: str
    op: Operation
    where: Path
    table: AxisTable
    wires: dict[str, Value | tuple[Value, ...]]
    variables: Mapping[str, str] = field(default_factory=dict)
    """What capitals of a network's signatures stand for where it stands."""
    seen: Mapping[str, Type | tuple[Type, ...]] = field(default_factory=dict)
    """Types at ports as the operation sees them (axes renamed by its ``adapt``)."""
    bound: Mapping[str, Axes] = field(default_factory=dict)
    weights: dict[str, WeightUse] = field(default_factory=dict)
    late: dict[str, Value] = field(default_factory=dict)
    """What arrives at ports that only `observe` reads."""
    presence: dict[str, Value] = field(default_factory=dict)
    """"port:axis" -> who is present along it."""
    values: dict[str, Value] = field(default_factory=dict)
    parts: Mapping[str, Tree] = field(default_factory=dict)
    """Of a function: the expression of each operand, and its own under ""."""

    @property
    def types(self) -> Mapping[str, Type | tuple[Type, ...]]:
        if self.seen:
            return self.seen
        return {p: tuple(v.type for v in w) if isinstance(w, tuple) else w.type for p, w in self.wires.items()}

    def field(self, port: str) -> Path:
        """Where a port's wiring is written; a function's operands have no keys of their own."""
        spelled = getattr(self.op, "spelled", None)
        return self.where if spelled is None else (*self.where, spelled(port))

    def operands(self) -> list[Value]:
        """Everything it reads, presence included."""
        flat: list[Value] = []
        for wire in self.wires.values():
            flat += wire if isinstance(wire, tuple) else (wire,)
        return [*flat, *self.presence.values()]

    def joins(self, axis: str, output: Value) -> bool:
        """Do rows of this axis meet in an output: is the axis gone there, or kept although its rows are mixed?"""
        arrives = any(axis in value.type.axes for value in self.operands())
        return arrives and (axis not in output.type.axes or axis in self.op.mixes(self))

    def rowwise(self, axes: Axes) -> bool:
        """Is every row along these axes (joined into one, say) computed from the same row of the inputs alone?"""
        op, kept = self.op, all(set(axes) <= set(value.type.axes) for value in self.values.values())
        if op.aligned and not set(axes) <= set(self.bound["..."]):  # its own axes it knows by name, or makes anew
            return False
        if op.itself and not all(map(leads, axes)):
            return False
        joined = {*op.mixes(self), *op.orders(self), *(axis for _, axis in op.counted(self))}
        return kept and not joined & set(axes) and not op.draws(self) and not op.delayed and not op.carries(self)

    def type(self, port: str) -> Type:
        found = self.types[port]
        assert isinstance(found, Type)
        return found

    def signature_axes(self, signature: Signature) -> Axes:
        """The axes of a port in the order in which its tensor arrives."""
        lead = self.bound["..."] if signature.lead else ()
        own = [a for t in signature.tokens for a in (self.bound[t.name] if t.variable else (t.name,))]
        return (*lead, *own)

    def result(self, output: str) -> Type:
        return self.values[output].type

    def axes(self, *sizes: Expr) -> Axes:
        return tuple(a for size in sizes for a in self.table.axes(size.tree, self.variables))

    def axis(self, name: str, port: str) -> str:
        return self.variables.get(name, name)

    def size(self, axis: str) -> int | None:
        return self.table.size(axis)

    def count(self, size: Expr) -> int:
        return int(self.table.evaluate(size.tree) or 1)

    def has_presence(self, axis: str) -> bool:
        return self.table.has_presence(axis)

    def indexes(self, port: str, axis: str, *, new: bool = False) -> None:
        """It has been looked at when the node was placed."""

    def join(self, axis: str, rows: tuple[str, ...]) -> None:
        """It has been declared when the node was placed."""

    def fail(self, field: str, message: str, hint: str = "") -> NoReturn:
        raise AssertionError(f"{self.name}: {message}; what is wrong is told when a node is placed")

    def as_json(self) -> dict[str, Any]:
        """For tools: what `compose build --json` prints."""
        tag = getattr(self.op, "block", type(self.op).__name__)
        outputs = {name: str(v.type) for name, v in self.values.items()}
        return {"name": self.name, "block": tag, "outputs": outputs,
                "reads": [v.name for v in self.operands()], "weights": [w.name for w in self.weights.values()]}
