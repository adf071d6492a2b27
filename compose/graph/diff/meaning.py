"""What a typed graph computes, as hashes without names: equal hashes, equal numbers.

A value's hash covers the operation and its arguments, sizes, which weights it reads, and the hashes of what arrives.
Names are those of the second spec, through a matching; params are their numbers, so it does not matter how a number is
called, nor whether an expression has a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from compose.graph.diff.anatomy import NAME, moving
from compose.graph.diff.side import Side
from compose.graph.diff.terms import COMMUTES, Kind, Symbol
from compose.graph.functions import Function
from compose.graph.graph import LossTerm
from compose.graph.node import Node, Value
from compose.graph.sizes import UnknownSize
from compose.language.block import Block
from compose.language.expressions import ExpressionError, parse
from compose.language.models import canonical
from compose.language.nodes import Application
from compose.language.values import Expr


class Meaning:
    """Hashes of the values of one side. ``names`` says what a symbol is called in the second spec."""

    def __init__(self, side: Side, names: Callable[[Symbol], Symbol | None]) -> None:
        self.side, self.graph, self.names = side, side.graph, names
        self._nodes: dict[Node, int] = {}

    def of(self, value: Value | None) -> int:
        """The hash of a value."""
        if value is None:
            return 0
        for node in self.graph.nodes([value]):
            if node not in self._nodes:
                self._nodes[node] = self._node(node)
        return self._value(value)

    def loss(self, term: LossTerm) -> int:
        """What a loss measures, without its weight."""
        reduced = [frozenset(map(self.axis, axes)) for axes in (term.mean, term.sum)]
        presence = sorted((self.axis(axis), self.of(value)) for axis, value in term.presence.items())
        return hash((self.of(term.value), self.of(term.where), *reduced, term.count, tuple(presence)))

    def weight(self, name: str) -> str:
        """The name of a weight in the second spec; with a mark that no spec has, of what is only in the first."""
        network, node, last = name.split(".", 2)
        owner = "" if network == "graph" else network
        symbol = self._called(Symbol("node", node, owner))
        return f"{symbol.owner or 'graph'}.{symbol.name}.{last}"

    def axis(self, axis: str) -> str:
        """An axis by its name in the second spec."""
        spec = self.side.spec

        def name(match: re.Match[str]) -> str:
            tables: tuple[tuple[Kind, Mapping[str, Any]], ...] = (("axis", spec.axes), ("param", spec.params))
            kind = next((kind for kind, table in tables if match[0] in table), None)
            return match[0] if kind is None else self._called(Symbol(kind, match[0])).name
        return NAME.sub(name, axis)

    def rows(self, axes: Iterable[str]) -> tuple[int | None, ...]:
        """The numbers of rows of axes; None while symbolic."""
        return tuple(self._rows(axis) for axis in axes)

    # ----------------------------------------------------------------- hashes

    def _value(self, value: Value) -> int:
        if value.field is not None:
            return hash(("field", value.field))
        if value.param is not None:
            return hash(("moving", moving(self.side.spec.params[value.param])))
        if value.node is not None:
            return hash((self._nodes.get(value.node, f"loop {value.node.op.__class__.__name__}"), value.output))
        axes = frozenset(map(self.axis, value.type.axes)) if isinstance(value.constant, bool) else ()
        number = self.axis(value.axis or "") if value.constant is None else canonical(value.constant)
        return hash(("number", isinstance(value.constant, bool), number, axes))

    def _node(self, node: Node) -> int:
        wires = [(port, tuple(map(self._value, w)) if isinstance(w, tuple) else self._value(w))
                 for port, w in node.wires.items()]
        if isinstance(node.op, Function) and node.op.name in COMMUTES:
            wires = sorted((("", hashed) for _, hashed in wires), key=str)
        presence = sorted((port, self.axis(axis), self._value(value))
                          for (port, _, axis), value in ((at.partition(":"), v) for at, v in node.presence.items()))
        weights = sorted((part, self.weight(use.name), use.index, use.target, self._weight(use.name))
                         for part, use in node.weights.items())
        drawn = self._path(node.name) if node.op.draws(node) else ""
        return hash((self._operation(node), tuple(wires), tuple(presence), tuple(weights), drawn))

    def _weight(self, name: str) -> int:
        info = self.graph.weights[name]
        fan = tuple(map(self.axis, info.weight.fan))
        return hash((tuple(map(self.axis, info.axes)), self.rows(info.axes), info.weight.init, fan))

    def _operation(self, node: Node) -> int:
        op = node.op
        if isinstance(op, Block):
            ports = op.port_signatures()
            said = [(name, self._argument(node, getattr(op, name), isinstance(op, Block) and name == "over"))
                    for name in type(op).model_fields if name not in ports]
            return hash((op.block, tuple(said)))
        names: list[str] = [field.name for field in fields(op)] if is_dataclass(op) else []
        own = tuple((name, self._argument(node, getattr(op, name), False)) for name in names)
        return hash((type(op).__name__, own))

    def _argument(self, node: Node, value: Any, unordered: bool) -> Any:
        match value:
            case Expr():
                return self._size(node, str(value))
            case str():
                return self._size(node, value)
            case tuple() | list():
                parts = [self._argument(node, item, False) for item in value]
                return frozenset(parts) if unordered else tuple(parts)
            case Mapping():
                return tuple(sorted((key, self._argument(node, item, False)) for key, item in value.items()))
        return canonical(value) if not isinstance(value, bool) else value

    def _size(self, node: Node, text: str) -> tuple[str, object]:
        """Text that may name axes: their names in the second spec, and the number it stands for, if any."""
        variables = node.scope.variables
        text = NAME.sub(lambda match: variables.get(match[0], match[0]), text)
        return self.axis(text.replace(" ", "")), self._rows(text)

    def _rows(self, text: str) -> int | None:
        if text.rstrip("'") in ("batch", "time"):
            return None
        try:
            value = self.graph.table.evaluate(parse(text.rstrip("'")))
        except (UnknownSize, ExpressionError):
            return None
        return None if value is None else int(value)

    # ------------------------------------------------------------------ names

    def _called(self, symbol: Symbol) -> Symbol:
        return self.names(symbol) or Symbol(symbol.kind, f"{symbol.name}~", symbol.owner)

    def _path(self, dotted: str) -> str:
        """The name of a node inside applications, such as ``q.layers[0].x``, in the second spec."""
        spec, owner, found = self.side.spec, "", []
        for part in dotted.split("."):
            name = re.split(r"[\[#]", part)[0]
            found.append(self._called(Symbol("node", name, owner)).name + part[len(name):])
            body = spec.networks[owner].nodes if owner else spec.graph
            node = body.get(name)
            owner = node.network if isinstance(node, Application) else owner
        return ".".join(found)
