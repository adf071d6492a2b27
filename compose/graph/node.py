"""The typed graph: values with types, nodes that make them.

After elaboration all networks are inlined: ``q.a`` is node ``a`` of the network that ``q`` applies. Weights keep the
network's name (``utility.a.query``), so that all applications share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from compose.language.axes import Axes, Signature, Type, leads
from compose.language.diagnostics import Path, did_you_mean
from compose.language.expressions import Tree
from compose.language.operation import Operation, Weight
from compose.language.values import Expr

if TYPE_CHECKING:
    from compose.graph.scope import Scope


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
    """Which weight a node reads: its name, the index into leading ``repeat``/``each`` axes, the lagged copy or not."""

    name: str
    index: tuple[int, ...]
    target: bool


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
    scope: Scope
    wires: dict[str, Value | tuple[Value, ...]]
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
        return tuple(a for size in sizes for a in self.scope.size_axes(size, self.where))

    def axis(self, name: str, port: str) -> str:
        resolved = self.scope.variables.get(name, name)
        found = self.types[port]
        have = found.axes if isinstance(found, Type) else tuple(a for t in found for a in t.axes)
        if resolved not in have:
            given = {f: v for f, v in vars(self.op).items() if f not in self.op.ports()}
            at = next((f"{f}.{v.index(name)}" if v != name else f for f, v in given.items()
                       if v == name or (isinstance(v, tuple) and name in v)), "")
            self.fail(at, f"no axis '{name}' in [{' '.join(have)}]", did_you_mean(name, have))
        return resolved

    def indexes(self, port: str, axis: str, *, new: bool = False) -> None:
        counts, base, table = self.type(port).counts, axis.rstrip("'"), self.scope.elaboration.table
        if counts is None or counts == base:
            return
        most, have = table.size(counts), table.size(base)
        if counts in ("batch", "time"):
            self.fail(port, f"expected an index of '{base}', got one of '{counts}'")
        named = base.isidentifier() and counts.isidentifier() and not (base in table.spec.axes or base in table.joined)
        if (named and not new) or (most is not None and have is not None and most > have):
            rows = f"'{counts}'" + (f" ({most} rows)" if most else "") if counts != str(most) else f"{counts} rows"
            self.fail(port, f"expected an index of '{axis}', got one of {rows}")

    def size(self, axis: str) -> int | None:
        return self.scope.elaboration.table.size(axis)

    def count(self, size: Expr) -> int:
        return self.scope.count(size, self.where)

    def join(self, axis: str, rows: tuple[str, ...]) -> None:
        self.scope.elaboration.join_axis(self, axis, rows)

    def has_presence(self, axis: str) -> bool:
        return self.scope.elaboration.table.has_presence(axis)

    def fail(self, field: str, message: str, hint: str = "") -> NoReturn:
        """Report a mistake at a field (``of.1`` is an item of one), or at an operand of a function."""
        name, _, item = field.partition(".")
        at = self.field(name) if name else self.where
        if item and self.scope.elaboration.loaded.is_written((*at, int(item))):
            at = (*at, int(item))
        elaboration, given = self.scope.elaboration, getattr(self.op, name, None)
        if isinstance(given, Expr) and name not in self.op.ports():
            elaboration.fail("graph.size", at, message, hint, causes=elaboration.set_at(given.tree))
        elaboration.fail("graph.axes", at, message, hint, self.parts.get(name))

    def as_json(self) -> dict[str, Any]:
        """For tools: what `compose build --json` prints."""
        tag = getattr(self.op, "block", type(self.op).__name__)
        outputs = {name: str(v.type) for name, v in self.values.items()}
        return {"name": self.name, "block": tag, "outputs": outputs,
                "reads": [v.name for v in self.operands()], "weights": [w.name for w in self.weights.values()]}
