"""A spec under construction, typed as it grows: try a node, keep it if it types."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from compose.graph.schema import EntitySchema
from compose.graph.scope import Scope
from compose.language.axes import Type
from compose.language.diagnostics import Span, SpecError
from compose.language.expressions import ExpressionError
from compose.language.load import Loaded, validate
from compose.language.nodes import Application, read_node
from compose.language.resolve import Document
from compose.language.values import Expr
from compose.reading.explore import Exploration

Data = dict[str, Any]
Body = str
""""" for the main graph, else the name of a network."""


@dataclass(frozen=True)
class Entry:
    """Something that an expression can read in a body, and its type."""

    text: str
    type: Type
    fresh: bool = False
    """Made by the generator, or newly read."""

    @property
    def axes(self) -> tuple[str, ...]:
        return self.type.axes


def light(data: Data) -> Loaded:
    """A spec from plain data, without a text: no value knows where it was written."""
    nowhere = Span("generated", 1, 1, 2, " ")
    return validate(Document(data=data, values={(): nowhere}, keys={}, history={}, files=("generated",)))


def nodes_of(data: Data, body: Body) -> Data:
    """The nodes of a body, as plain data."""
    found: Data = data["networks"][body]["nodes"] if body else data["graph"]
    return found


class Workbench:
    """``data`` is a spec that types; nodes are added to it one by one."""

    def __init__(self, data: Data, schema: EntitySchema, rng: random.Random) -> None:
        self.data, self.schema, self.rng = copy.deepcopy(data), schema, rng
        self.explored = Exploration(light(self.data), schema)
        self.table = self.explored.table
        self.pools: dict[Body, list[Entry]] = {}
        self.crashes: list[tuple[Any, Exception]] = []
        """Nodes at which typing ended in something else than a diagnostic."""
        for scope in self._scopes(""):
            scope.nodes = dict(scope.nodes)
        for name in self.data.get("networks", {}):
            for scope in self._scopes(name):
                scope.nodes = dict(scope.nodes)

    def _scopes(self, body: Body) -> list[Scope]:
        return (
            self.explored.scopes(("networks", body) if not body else ("networks", body, "nodes"))
            if body
            else [self.explored.elaboration.main]
        )

    @property
    def bodies(self) -> list[Body]:
        """The main graph and every network that is applied."""
        return ["", *(name for name in self.data.get("networks", {}) if self._scopes(name))]

    # ------------------------------------------------------------------ pools

    def pool(self, body: Body) -> list[Entry]:
        """Everything that can be read in a body."""
        if body not in self.pools:
            self.pools[body] = [
                *self._leaves(body),
                *(e for name in list(nodes_of(self.data, body)) for e in self.entries(body, name)),
            ]
        return self.pools[body]

    def _leaves(self, body: Body) -> list[Entry]:
        names = [f"env.{name}" for name in self.schema.fields]
        names += list(self.data["networks"][body].get("inputs", {})) if body else []
        return [Entry(name, kind) for name in names if (kind := self.type(body, name)) is not None]

    def entries(self, body: Body, name: str, fresh: bool = False) -> list[Entry]:
        """What a node of a body offers: itself, its outputs, or what is inside the network that it applies."""
        (scope, *_), found = self._scopes(body), []
        element = self.explored.element(scope, name)
        if element is None:
            return []
        for output, value in element.outputs.items():
            found.append(Entry(f"{name}.{output}" if output else name, value.type, fresh))
        inner = element.inner[0].nodes if element.inner else {}
        for node in inner:
            text = f"{name}.{node}"
            if not isinstance(inner[node], Application) and (kind := self.type(body, text)) is not None:
                found.append(Entry(text, kind, fresh))
        return found

    def type(self, body: Body, text: str) -> Type | None:
        """The type of an expression in a body; None if it does not type."""
        try:
            expr = Expr(text)
        except ExpressionError:
            return None
        (scope, *_) = self._scopes(body)
        value = self.explored.value(scope, expr, ("graph",) if not body else ("networks", body, "nodes"))
        return None if value is None else value.type

    # ----------------------------------------------------------------- growth

    def add(self, body: Body, raw: Any, name: str = "") -> list[Entry]:
        """Add a node; what it offers, or nothing if it does not type."""
        nodes = nodes_of(self.data, body)
        name = name or self.fresh_name(body)
        try:
            node = read_node(raw)
        except (ValidationError, SpecError):
            return []
        joined, made = dict(self.table.joined), True
        scopes = self._scopes(body)
        for scope in scopes:
            scope.nodes[name] = node  # type: ignore[index]
            try:
                made = made and self.explored.element(scope, name) is not None
            except Exception as error:
                self.crashes.append((raw, error))
                made = False
        if not made:
            self.table.joined.clear()
            self.table.joined.update(joined)
            for scope in scopes:
                del scope.nodes[name]  # type: ignore[attr-defined]
                scope.elements.pop(name, None)
            return []
        nodes[name] = raw
        found = self.entries(body, name, fresh=True)
        self.pool(body).extend(e for e in found if e not in self.pool(body))
        return found

    def fresh_name(self, body: Body) -> str:
        """A name that no node, param or axis has."""
        taken = {*nodes_of(self.data, body), *self.data.get("params", {}), *self.data.get("axes", {})}
        if body:
            taken |= set(self.data["networks"][body].get("inputs", {}))
        at = len(nodes_of(self.data, body))
        while f"n{at}" in taken:
            at += 1
        return f"n{at}"

    def size(self, axis: str) -> int | None:
        """Rows of an axis; None if it has no size."""
        try:
            return self.table.size(axis)
        except Exception:
            return None
