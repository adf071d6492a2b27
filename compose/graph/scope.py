"""Names and what they mean in one body: the main graph, or one application of a network.

A scope turns the nodes of a body into typed values on demand, once each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compose.graph.node import Node, Value
from compose.graph.placing import Placing
from compose.graph.sizes import filled
from compose.graph.structure import Select, Stack, function
from compose.graph.unknown import meant
from compose.language.axes import Axes, signature
from compose.language.block import Block
from compose.language.diagnostics import Path, Span, did_you_mean
from compose.language.expressions import Apply, Number, Ref, Tree, Truth, references, unparse
from compose.language.nodes import EMPTY, AnyNode
from compose.language.operation import Operation
from compose.language.values import Expr

if TYPE_CHECKING:
    from compose.graph.elaborate import Elaboration


Wires = dict[str, Value | tuple[Value, ...]]


class Failed(Exception):
    """A value cannot be made; the reason has been reported. What depends on it stays silent."""


@dataclass
class Element:
    """What a node's name denotes: outputs by name ("" is the bare name), or scopes of an application."""

    outputs: dict[str, Value]
    inner: list[Scope] = field(default_factory=list)
    repeat: str | None = None


def bare(value: Value, keep: Collection[str] = ()) -> Value:
    """A constant has no axes but those to ``keep``, as a mask over the rows of something else: it is one number."""
    if value.constant is None or not value.type.axes:
        return value
    return replace(value, type=replace(value.type, axes=tuple(a for a in value.type.axes if a in keep)))


@dataclass
class Scope:
    """One body being elaborated."""

    elaboration: Elaboration
    nodes: Mapping[str, AnyNode]
    where: Path
    """Where its nodes stand in the spec: ("graph",) or ("networks", "utility", "nodes")."""
    prefix: str = ""
    network: str = "graph"
    inputs: Mapping[str, Value] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """What capitals of the network's signatures stand for in this application."""
    turns: tuple[tuple[str, int], ...] = ()
    """The repeats this body is in, and the turn of each."""
    target: bool = False
    frozen: bool = False
    """Do weights get no gradient here?"""
    applied: Span | None = None
    """Where the network is applied whose body this is."""
    elements: dict[str, Element | None] = field(default_factory=dict)

    # ------------------------------------------------------------------ names

    def element(self, name: str, ref: Ref, at: Path) -> Element:
        """The node of that name, which ``ref`` at ``at`` asks for, made now if it has not been. Raises Failed."""
        if name in self.elements:
            found = self.elements[name]
            if found is None:
                self.elaboration.cycle(self, name, ref, at)
            if not found.outputs and not found.inner:
                raise Failed
            return found
        self.elements[name] = None
        self.elaboration.trail.append((self, name))
        try:
            made = self.elaboration.node(self, name)
        except Failed:
            self.elements[name] = Element({})
            raise
        finally:
            self.elaboration.trail.pop()
        self.elements[name] = made
        return made

    def lookup(self, ref: Ref, at: Path) -> Value:
        """What a reference means here. Raises Failed after reporting unknown names."""
        head, *rest = ref.parts
        if head == "env":
            return self.elaboration.env(ref, at)
        if head == "played":
            return self.elaboration.played(ref, at)
        if head in self.inputs and not rest:
            return self.inputs[head]
        if head in self.nodes:
            return self.inside(self.element(head, ref, at), ref, rest, at)
        if not rest and (scalar := self.elaboration.scalar(head)) is not None:
            return scalar
        spec = self.elaboration.spec
        known = [*self.inputs, *spec.params, *spec.axes]
        hint = meant(head, self.nodes, known, self.elaboration.fields(), spec.networks)
        main = self.elaboration.loaded.document.file
        if not hint and self.elaboration.span(at).file != main:
            hint = f"{main} must define it"
        gone = self.elaboration.gone((*self.where, head), ("params", head))
        hint = "" if gone else hint
        self.elaboration.fail("name.unknown", at, f"nothing here is called '{head}'", hint, ref, notes=gone)

    def inside(self, element: Element, ref: Ref, rest: list[str], at: Path) -> Value:
        """Follow dots into a node's outputs or into what an application applies."""
        if not rest:
            if "" in element.outputs:
                return element.outputs[""]
            names = ", ".join(f"{ref.parts[0]}.{o}" for o in element.outputs)
            self.elaboration.fail("name.output", at, f"'{ref}' has several outputs", f"say which: {names}", ref)
        if element.inner:
            step = Ref(tuple(rest), start=ref.start, end=ref.end)
            known = element.inner[0].nodes
            if rest[0] not in known:
                network = element.inner[0].network
                text = f"'{ref}': network '{network}' has no node '{rest[0]}'"
                hint = did_you_mean(rest[0], known) or f"it has: {', '.join(known)}"
                self.elaboration.fail("name.unknown", at, text, hint, ref)
            found = [s.inside(s.element(rest[0], step, at), step, rest[1:], at) for s in element.inner]
            return found[0] if element.repeat is None else self.stack(str(ref), found, element.repeat, at)
        name = rest[0]
        if len(rest) > 1 or name not in element.outputs:
            named = [o for o in element.outputs if o]
            have = f"outputs: {', '.join(named)}" if named else "its only output is itself"
            hint = did_you_mean(name, named) or have
            text = f"'{ref.parts[0]}' has no output '{'.'.join(rest)}'"
            self.elaboration.fail("name.output", at, text, hint, ref)
        return element.outputs[name]

    def stack(self, name: str, values: list[Value], axis: str, at: Path) -> Value:
        """Values of all turns of a repeat, along its axis."""
        key = f"{self.prefix}{name}"
        if key not in self.elaboration.stacked:
            wires = {f"x{i}": v for i, v in enumerate(values)}
            stacked = self.place(key, Stack(axis, len(values)), dict(wires), at)
            self.elaboration.stacked[key] = stacked[""]
        return self.elaboration.stacked[key]

    # ------------------------------------------------------------ expressions

    def expression(self, expr: Expr, at: Path) -> Value:
        """The value of an expression. Raises Failed."""
        return self._tree(expr.tree, at)

    def _tree(self, tree: Tree, at: Path) -> Value:
        match tree:
            case Number() | Truth():
                return self.elaboration.constant(tree.value)
            case Ref():
                return self.lookup(tree, at)
            case Apply():
                return self._apply(tree, at)
        raise TypeError(tree)

    def _apply(self, tree: Apply, at: Path) -> Value:
        operands, failed = [], False
        for argument in tree.arguments:
            try:
                operands.append(self._tree(argument, at))
            except Failed:
                failed = True
        if failed:
            raise Failed
        folded = self.elaboration.fold(tree, operands, at)
        if folded is not None:
            return folded
        name = self.elaboration.fresh(f"{self.prefix}{at[len(self.where)] if len(at) > len(self.where) else at[-1]}")
        wires = {f"x{i}": bare(v) for i, v in enumerate(operands)}
        parts = {"": tree, **{f"x{i}": part for i, part in enumerate(tree.arguments)}}
        return self.place(name, function(tree.function, len(operands)), dict(wires), at, parts)[""]

    # ----------------------------------------------------------------- blocks

    def block(self, name: str, block: Block) -> Element:
        """Elaborate a block; with ``each``, once per index."""
        at = (*self.where, name)
        wires: Wires = {}
        failed = False
        late = block.delayed and getattr(block, "axes", None) is not None
        for port in () if late else [p for p in block.ports() if p not in block.late]:
            given, spelled = getattr(block, port), block.spelled(port)
            try:
                if isinstance(given, tuple):
                    wires[port] = tuple(self.expression(e, (*at, spelled, i)) for i, e in enumerate(given))
                else:
                    wires[port] = self.expression(given, (*at, spelled))
            except Failed:
                failed = True
        if failed:
            raise Failed
        wires = {p: tuple(map(bare, w)) if isinstance(w, tuple) else bare(w, self._shown(block, p, w))
                 for p, w in wires.items()}
        if block.each is not None and block.late:
            text = f"'{block.tag()}' looks at what comes later, and cannot be made several times"
            self.elaboration.fail("graph.repeat", (*at, "each"), text)
        if block.each is not None:
            return Element(self.every(name, block, wires, at))
        made = self.place(f"{self.prefix}{name}", block, wires, at)
        if late:
            for axis in getattr(block, "axes").split():  # noqa: B009
                if axis.rstrip("'") not in self.elaboration.table.known:
                    text, known = f"'{axis}' is no axis and no param", self.elaboration.table.known
                    self.elaboration.fail("name.size", (*at, "axes"), text, did_you_mean(axis, known))
            delay = made[""].node
            assert delay is not None
            self.elaboration.late.append((delay, self, "of", getattr(block, "of")))  # noqa: B009
        watcher = next(iter(made.values())).node
        assert watcher is not None
        self.elaboration.late += [(watcher, self, p, getattr(block, p)) for p in block.ports() if p in block.late]
        return Element(made)

    def _shown(self, block: Block, port: str, value: Value) -> Axes:
        """The axes that a bare ``true`` stands for as a mask: of a port that takes rows as they come, not episodes and
        steps, of which nobody knows how many there are."""
        if port not in block.bounds.values():
            return ()
        own = signature(block.ports()[port]).tokens
        return value.type.axes if own else tuple(a for a in value.type.axes if a not in ("batch", "time"))

    def every(self, name: str, block: Block, wires: Wires, at: Path) -> dict[str, Value]:
        """A block with own weights for every index of an axis: its outputs, each with that axis."""
        axis = str(block.each)
        turns = self.elaboration.turns(axis, (*at, "each"))
        plain, results = block.model_copy(update={"each": None}), list[dict[str, Value]]()

        def pick(value: Value, i: int) -> Value:
            if axis not in value.type.axes:
                return value
            return self.place(self.elaboration.fresh(f"{value.name}[{i}]"), Select(axis, i), {"of": value}, at)[""]

        for i in range(turns):
            mine = {p: tuple(pick(v, i) for v in w) if isinstance(w, tuple) else pick(w, i) for p, w in wires.items()}
            inner = replace(self, turns=(*self.turns, (axis, i)), elements=self.elements)
            results.append(inner.place(f"{self.prefix}{name}[{i}]", plain, mine, at))
        return {output: self.stack(f"{name}.{output}" if output else name, [r[output] for r in results], axis, at)
                for output in results[0]}

    def place(self, name: str, op: Operation, wires: Wires, at: Path,
              parts: Mapping[str, Tree] = EMPTY) -> dict[str, Value]:
        """Put an operation into the graph: match ports, infer outputs, register weights. Raises Failed."""
        node = Node(name, op, at, self.elaboration.table, wires, self.variables, parts=parts)
        return Placing(node, self).finish()

    # ------------------------------------------------------------------ sizes

    def size_axes(self, size: Expr, at: Path) -> Axes:
        """The axes that a size argument names. Raises Failed if they have no size."""
        found, known = self.elaboration.table.axes(size.tree, self.variables), self.variables
        if found and not (isinstance(size.tree, Ref) and str(size.tree) in known):
            some = any(str(ref) in known for ref in references(size.tree))
            self.elaboration.measure(Expr(unparse(filled(size.tree, known))) if some else size, at)
        return found

    def count(self, size: Expr, at: Path) -> int:
        """A whole number given as an argument."""
        value = self.elaboration.measure(size, at)
        return 1 if value is None else int(value)
