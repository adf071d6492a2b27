"""From the typed graph to terms: every node as one call, every closed pointwise function as a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compose.compiler import weights as weighing
from compose.compiler.interpret import unroll
from compose.compiler.terms import Leaf, Pick, Term, constant, mapped
from compose.compiler.terms.call import Call, Read, nominal
from compose.compiler.terms.looped import Looped
from compose.compiler.unroll import Reading
from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.loops import Loop
from compose.graph.node import Node, Value, WeightUse
from compose.language.axes import Axes, Type


@dataclass
class Lowering:
    """Terms of one graph, made on demand; every value is one term."""

    graph: Graph
    dtype: Any
    carried: bool
    """Do episodes begin with what was carried there?"""
    made: dict[Value, Term] = field(default_factory=dict)
    leaves: dict[Leaf, Term] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lengths = nominal(self.graph)

    def terms(self, roots: Iterable[Value]) -> list[Term]:
        """The terms of some values."""
        roots = list(roots)
        for node in self.graph.nodes(roots):
            self._node(node)
        return [self.value(v) for v in roots]

    def value(self, value: Value) -> Term:
        """The term of a value whose node has been lowered."""
        if value not in self.made:
            if value.constant is not None:
                self.made[value] = constant(value.constant)
            elif value.field is not None:
                self.made[value] = self.leaf("field", value.field, value.type)
            else:
                self.made[value] = self.leaf("param", str(value.param), value.type)
        return self.made[value]

    def leaf(self, kind: str, name: str, type: Type) -> Term:
        """Something that the program is given."""
        op = Leaf(kind, name)
        if op not in self.leaves:
            self.leaves[op] = Term(op, (), type.axes, self.shape(type.axes), type.dtype, name)
        return self.leaves[op]

    def shape(self, axes: Axes) -> tuple[int, ...]:
        return tuple(self.lengths.get(a) or self.graph.table.size(a) or 1 for a in axes)

    def weight(self, use: WeightUse) -> Term:
        """A weight, with all its axes."""
        info = self.graph.weights[use.name]
        op = Leaf("target" if use.target else "weight", use.name)
        if op not in self.leaves:
            axes = tuple(f"{a}#{i}" for i, a in enumerate(info.axes))
            self.leaves[op] = Term(op, (), axes, weighing.shape(self.graph, info), "float", use.name)
        return self.leaves[op]

    def _node(self, node: Node) -> None:
        if all(value in self.made for value in node.values.values()):
            return
        if node in self.graph.loops:
            self._loop(self.graph.loops[node])
            return
        if isinstance(node.op, Elementwise):
            operands = [self.value(w) for w in node.wires.values() if isinstance(w, Value)]
            (value,) = node.values.values()
            self.made[value] = mapped(node.op.name, *operands, dtype=value.type.dtype, name=value.name)
            return
        reads = list(self._reads(node))
        call = Call(self.graph, node, tuple(read for read, _ in reads), self.dtype)
        whole = Term(call, tuple(term for _, term in reads), (), (), "float", node.name)
        for name, value in node.values.items():
            kind = value.type
            self.made[value] = Term(Pick(name), (whole,), kind.axes, self.shape(kind.axes), kind.dtype, value.name)

    def _loop(self, loop: Loop) -> None:
        self.terms(loop.reads)
        unrolled = unroll(self.graph, loop, self.dtype, self.carried)
        operands = tuple(map(self._given_to, unrolled.reads))
        whole = Term(Looped(unrolled), operands, (), (), "float", loop.delays[0].name)
        for value in loop.gives:
            axes, dtype = value.type.axes, value.type.dtype
            self.made[value] = Term(Pick(value.name), (whole,), axes, self.shape(axes), dtype, value.name)

    def _given_to(self, read: Reading) -> Term:
        if read.value is not None:
            return self.value(read.value)
        return self.weight(read.use) if read.use is not None else self.leaf(read.kind, read.name, read.type or Type(()))

    def _reads(self, node: Node) -> Iterable[tuple[Read, Term]]:
        for port, wire in node.wires.items():
            for value in wire if isinstance(wire, tuple) else (wire,):
                if value.constant is None:
                    yield Read("value", port, value=value), self.value(value)
        for key, value in sorted(node.presence.items()):
            if value.constant is None:
                yield Read("value", key, value=value), self.value(value)
        for name, use in sorted(node.weights.items()):
            term = self.weight(use)
            assert isinstance(term.op, Leaf)
            yield Read(term.op.kind, name, use.name), term
        for kind, found in self._given(node).items():
            for name, declared in sorted(found.items()):
                yield Read(kind, name, f"{node.name}.{name}"), self.leaf(kind, f"{node.name}.{name}", declared)

    def _given(self, node: Node) -> Mapping[str, Mapping[str, Type]]:
        kept = {name: Type(one.axes) for name, one in node.op.statistics(node).items()}
        return {"draw": node.op.draws(node), "state": node.op.carries(node) if self.carried else {}, "statistic": kept}
