"""What arrives at a node's ports: does it fit their signatures, and are whole numbers wanted as floats?"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from compose.graph.functions import Elementwise
from compose.graph.intervals import Interval, interval
from compose.graph.match import Mismatch, binding, describe, match, siblings
from compose.graph.node import Value
from compose.graph.structure import Floats, Spread
from compose.language.axes import Axes, signature
from compose.language.block import Block
from compose.language.diagnostics import Path
from compose.language.values import Expr

if TYPE_CHECKING:
    from compose.graph.placing import Placing
    from compose.graph.scope import Scope


def fit(placing: Placing) -> None:
    """Fit what arrives at a node's ports against their signatures; binds their variables.

    Where a float is wanted and whole numbers arrive, a conversion is put between. Raises Failed.
    """
    node, elaboration = placing.node, placing.elaboration
    node.seen = node.op.adapt(dict(node.types))
    bound: dict[str, Axes] = {}
    binders: dict[str, str] = {}
    for port, text in node.op.ports().items():
        if port not in node.seen:
            continue
        kinds, wire = node.seen[port], node.wires[port]
        for i, kind in enumerate(kinds if isinstance(kinds, tuple) else (kinds,)):
            try:
                match(signature(text), kind, bound)
            except Mismatch as error:
                at, came = ((*node.field(port), i), wire[i]) if isinstance(wire, tuple) else (node.field(port), wire)
                notes, hint = binding(signature(text), bound, binders), siblings(came, text, bound)
                others = [(*node.where, port) for port in dict.fromkeys(binders.values())]
                causes = tuple((elaboration.loaded.span(other), "") for other in others)
                elaboration.fail("graph.axes", at, error.about(came.type), hint, notes=notes, causes=causes)
        if isinstance(wire, Value) and isinstance(wire.constant, bool) and isinstance(node.op, Block) \
                and not all(token.optional for token in signature(text).tokens):
            wanted = describe(signature(text), bound)
            elaboration.fail("graph.axes", node.field(port), f"expected {wanted}; a bare '{wire.name}' has no axes")
        if isinstance(wire, Value) and wire.constant is False and port in node.op.bounds.values():
            elaboration.fail("graph.axes", node.field(port), "a mask that is false everywhere lets nothing through")
        binders |= {name: str(node.field(port)[-1]) for name in bound if name not in binders}
    node.bound = {"...": (), **bound}
    if node.op.aligned:
        _twice(placing)
    if isinstance(node.op, Block) and node.wires and not any(v.type.axes for v in node.operands()):
        text, hint = f"'{node.op.tag()}' needs something with axes; this is one number", "write the number itself"
        elaboration.fail("graph.number", node.where, text, hint)
    for port, limits in node.op.within.items():
        number = node.wires.get(port)
        if isinstance(number, Value):
            _within(placing, port, number, limits)
    for port, text in node.op.ports().items():
        real = signature(text).dtype == "float" or (isinstance(node.op, Elementwise) and node.op.real)
        if real and port in node.wires:
            _convert(placing, port)


def everywhere(placing: Placing) -> bool:
    """Give what is the same in every episode an axis ``batch`` where it counts who is present; say whether it does."""
    node, elaboration = placing.node, placing.elaboration
    counted = [axis for _, axis in node.op.counted(placing) if node.has_presence(axis)]
    if not counted or any("batch" in value.type.axes for value in node.operands()):
        return False
    port, of = next((port, wire) for port, wire in node.wires.items() if isinstance(wire, Value) and wire.type.axes)
    wires: dict[str, Value | tuple[Value, ...]] = {"of": of, "like": elaboration.presences.of(counted[0], timed=False)}
    node.wires[port] = placing.scope.place(elaboration.fresh(f"{node.name}.{port}"), Spread(), wires, node.where)[""]
    node.seen = {}
    return True


def arguments(placing: Placing) -> None:
    """A width is one, and a list of axes names each of them once. Raises Failed."""
    node, elaboration = placing.node, placing.elaboration
    for name, given in vars(node.op).items() if isinstance(node.op, Block) else ():
        if isinstance(given, Expr) and str(given) == "scalar":
            elaboration.fail("name.size", node.field(name), "this needs a width; 'scalar' is none")
        if isinstance(given, tuple) and all(isinstance(one, str) for one in given):
            names = [node.variables.get(one, one) for one in given]
            twice = next((one for one in names if names.count(one) > 1), None)
            if twice:
                elaboration.fail("graph.axes", node.field(name), f"axis '{twice}' stands twice")


def _within(placing: Placing, port: str, value: Value, limits: Interval) -> None:
    """A number stays between its limits, as far as is known of it: nothing is of what is computed from tensors."""
    node, elaboration = placing.node, placing.elaboration
    low, high = interval(value)
    if not (-inf < low < limits[0] or limits[1] < high < inf):
        return
    reach = f"got {low:g}" if low == high else f"it moves between {low:g} and {high:g}"
    field = getattr(node.op, port, None)
    causes = elaboration.set_at(field.tree) if isinstance(field, Expr) else ()
    text = f"expected a number from {limits[0]:g} to {limits[1]:g}, {reach}"
    elaboration.fail("graph.range", node.field(port), text, causes=causes)


def _twice(placing: Placing) -> None:
    """An axis that one port knows by name is no leading axis of another: it would be read as two at once."""
    node, elaboration = placing.node, placing.elaboration
    tokens = {port: signature(text).tokens for port, text in node.op.ports().items() if port in node.seen}
    own = {port: {a for t in mine for a in (node.bound.get(t.name, ()) if t.variable else (t.name,))}
           for port, mine in tokens.items()}
    for port, mine in own.items():
        kinds = node.seen[port]
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if again := next((a for a in kind.axes if kind.axes.count(a) > 1), None):
                text = f"two axes of '{port}' would be called '{again}': its own, and the second copy of another"
                elaboration.fail("graph.axes", node.field(port), text, f"`rename` the '{again}' that arrives")
            axis = next((a for a in kind.axes if a not in mine and a in set().union(*own.values())), None)
            if axis is not None:
                other = next(name for name, held in own.items() if axis in held)
                text = f"'{port}' has the axis '{axis}', which here is that of '{other}'"
                hint = f"reduce it first, or `rename` it: as a leading axis it would be another '{axis}'"
                elaboration.fail("graph.axes", node.field(port), text, hint)


def floats(value: Value, scope: Scope, at: Path) -> Value:
    """A value as floats, converted if it holds whole numbers. ``at`` is where it is read."""
    if value.type.dtype != "int":
        return value
    made = scope.elaboration.floats
    if value not in made:
        name = scope.elaboration.fresh(value.name)
        made[value] = scope.place(name, Floats("float", 1), {"x0": value}, at)[""]
    return made[value]


def _convert(placing: Placing, port: str) -> None:
    node, scope = placing.node, placing.scope
    wire, seen = node.wires[port], node.seen[port]
    if isinstance(wire, tuple):
        node.wires[port] = tuple(floats(value, scope, node.where) for value in wire)
    else:
        node.wires[port] = floats(wire, scope, node.where)
    kinds = seen if isinstance(seen, tuple) else (seen,)
    real = tuple(replace(kind, dtype="float") if kind.dtype == "int" else kind for kind in kinds)
    node.seen = {**node.seen, port: real if isinstance(seen, tuple) else real[0]}
