"""The graph of a spec as far as it types: mistakes are noted, and the rest stays open to questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from compose.graph.build import elaborate
from compose.graph.elaborate import Elaboration
from compose.graph.node import Node, Value
from compose.graph.schema import EntitySchema
from compose.graph.scope import Element, Failed, Scope
from compose.graph.sizes import UnknownSize
from compose.graph.structure import Stack
from compose.language.axes import Axes
from compose.language.block import Block
from compose.language.diagnostics import Diagnostic, Path, SpecError, in_order
from compose.language.expressions import Ref
from compose.language.load import Loaded
from compose.language.nodes import Application
from compose.language.places import Place
from compose.language.values import Expr

UNMADE = (Failed, SpecError, UnknownSize, RecursionError)
"""What says that a value cannot be made."""


class Exploration:
    """What a spec means in an environment, or in none. ``mistakes`` is what `build_graph` would raise."""

    def __init__(self, loaded: Loaded, schema: EntitySchema | None) -> None:
        self.loaded, self.spec = loaded, loaded.spec
        self.mistakes: list[Diagnostic] = []
        self.elaboration = Elaboration(loaded, schema)
        try:
            elaborate(self.elaboration)
            self.mistakes = in_order(self.elaboration.errors.values())
        except SpecError as error:
            self.mistakes = list(error.diagnostics)
        self.graph, self.table = self.elaboration.graph, self.elaboration.table

    def scopes(self, at: Path, through: tuple[str, ...] = ()) -> list[Scope]:
        """The bodies that hold what stands at a path: the main graph, or every application of a network (those that
        end in the applications ``through``)."""
        if at[0] != "networks":
            return [self.elaboration.main]
        if len(at) == 1:
            return []
        found = self.elaboration.applied.get(str(at[1]), [])
        return [scope for scope in found if _ends(application(scope), through)]

    def element(self, scope: Scope, name: str) -> Element | None:
        """A node of a body, made now if nothing has read it; None if it does not type."""
        try:
            made = scope.element(name, Ref((name,)), (*scope.where, name))
        except UNMADE:
            return None
        return made if made.outputs or made.inner else None

    def value(self, scope: Scope, expr: Expr, at: Path) -> Value | None:
        """What an expression at a place comes to; None if it does not type."""
        try:
            return scope.expression(expr, at)
        except UNMADE:
            return None

    def outputs(self, place: Place) -> Iterator[tuple[Scope, str, Value]]:
        """The values of a node, in every body it stands in: ``(body, output, value)``."""
        for scope in self.scopes(place.at, place.through):
            element = self.element(scope, str(place.at[-1]))
            for name, value in element.outputs.items() if element else ():
                if place.output in ("", name):
                    yield scope, name, value

    def node(self, scope: Scope, name: str) -> Node | None:
        """The operation of a block; with ``each``, that of the first index."""
        element = self.element(scope, name)
        node = next((value.node for value in element.outputs.values()), None) if element else None
        while node is not None and isinstance(node.op, Stack):
            first = node.wires["x0"]
            node = first.node if isinstance(first, Value) else None
        return node if node is not None and isinstance(node.op, Block) else None

    def size_axes(self, scope: Scope, size: Expr, at: Path) -> Axes | None:
        """The axes that a width names; None if it names nothing."""
        try:
            return scope.size_axes(size, at)
        except UNMADE:
            return None

    def inputs(self, network: str) -> Iterator[tuple[Path, str, Expr]]:
        """How a network is wired: the application's path, the input, the expression."""
        bodies: list[tuple[Path, Mapping[str, Any]]] = [(("graph",), self.spec.graph)]
        bodies += [(("networks", name, "nodes"), other.nodes) for name, other in self.spec.networks.items()]
        for where, nodes in bodies:
            for name, node in nodes.items():
                if isinstance(node, Application) and node.network == network:
                    for port, expr in node.inputs.items():
                        yield (*where, name), port, expr


def application(scope: Scope) -> str:
    """The name of the application that a body belongs to, turns left out: ``q``, ``q_tot.b1_rows``."""
    return re.sub(r"\[\d+\]", "", scope.prefix).rstrip(".")


def _ends(name: str, through: tuple[str, ...]) -> bool:
    wanted = ".".join(through)
    return not wanted or name == wanted or name.endswith(f".{wanted}")
