"""An operation of the graph as one term: the blocks and functions that no pass looks into."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import Any

from compose.compiler.interpret import Given, Interpreter, NodeRun
from compose.compiler.terms.joined import EPISODES, Joined
from compose.compiler.terms.term import Op, Term
from compose.graph.align import align
from compose.graph.average import Average
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.schema import EntitySchema
from compose.graph.structure import First, Renamed, Rows
from compose.language.axes import Axes
from compose.language.block import Block

NONE: Mapping[str, int] = MappingProxyType({})
"""A call gives several tensors, so it has no axes of its own."""


@dataclass(frozen=True)
class Read:
    """Which of a node's inputs an operand is: a ``value`` it is wired to, a ``weight``, ``draw``, ``state``,
    ``statistic``."""

    kind: str
    local: str
    """What the operation calls it."""
    name: str = ""
    """What the program calls it."""
    value: Value | None = None


@dataclass(frozen=True, eq=False)
class Call(Op):
    """``node`` computed as it stands; gives {"output": {name: tensor}, "carry": {name: tensor}}.

    Two calls are equal if on equal operands they give equal results, whatever their nodes are called.
    """

    graph: Graph
    node: Node
    reads: tuple[Read, ...]
    dtype: Any

    def compute(self, term: Term, *tensors: Any) -> Any:
        kinds = ("weight", "target", "draw", "state", "statistic", "plan")
        given: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
        results = {}
        for read, tensor, operand in zip(self.reads, tensors, term.operands, strict=True):
            if read.value is not None:
                results[read.value] = align(tensor, operand.axes, read.value.type.axes)
            else:
                given[read.kind][read.name] = tensor
        interpreter = Interpreter(self.graph, Given(given), self.dtype, results)
        run = NodeRun(self.node, interpreter)
        found = (self.node.op.quick or self.node.op.compute)(run, **run.ports())
        return {"output": found if isinstance(found, dict) else {"": found}, "carry": interpreter.carried}

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.node.rowwise(axes)

    def joined(self, term: Term, operands: tuple[Term, ...], join: Joined, sizes: Mapping[str, int] = NONE) -> Term:
        values: dict[Value, Value] = {}
        node = join.node(self.node, values)
        reads = tuple(replace(r, value=None if r.value is None else values[r.value]) for r in self.reads)
        return replace(term, op=Call(self.graph, node, reads, self.dtype), operands=operands)

    def reads_steps(self, term: Term, place: int, after: float) -> float:
        node = self.node
        if isinstance(node.op, Average):
            return 0 if self.bounded(term) else inf
        outputs = node.values.values()
        if any(node.joins("batch", out) for out in outputs):
            return inf
        return after + (node.op.ahead if any(node.joins("time", out) for out in outputs) else 0)

    def bounded(self, term: Term) -> bool:
        """Is it a loss that reads steps of the episode alone, batch and time alike?"""
        if not isinstance(self.node.op, Average) or not self.node.op.alike(EPISODES):
            return False
        where = next((x for x, r in zip(term.operands, self.reads, strict=True) if r.local == "where"), None)
        return where is not None and where.within("steps", "time")

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        node, op, mine = self.node, self.node.op, self.reads[place]
        seen = self._seen(place, axis)
        if mine.value is None or mine.local in node.presence:
            return True
        if isinstance(op, Average):
            return mine.local != "of" or axis not in op.counted_axes or op.count == "all"
        if any(key.partition(":")[2] == seen for key in node.presence):
            return mine.value.type.dtype == "bool"
        if seen in (new := op.renames(node)):
            return new[seen] in read
        if node.rowwise((seen,)) or (op.over_steps and seen in node.bound["..."] and seen != "time"):
            return seen in read
        return True

    def _seen(self, place: int, axis: str) -> str:
        """What the operation calls an axis of an operand."""
        read, found = self.reads[place], self.node.types.get(self.reads[place].local)
        if read.value is None or found is None or isinstance(found, tuple):
            return axis
        pairs: dict[str, str] = dict(zip(read.value.type.axes, found.axes, strict=True))
        return pairs.get(axis, axis)

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        """Of what picks or renames rows: where it was true is known by the axis they came from."""
        if not isinstance(self.node.op, First | Renamed | Rows):
            return False
        back = {new: old for old, new in self.node.op.renames(self.node).items()}
        of, old = term.operands[0], back.get(axis, axis)
        return of.within(what, old)

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        node, op = self.node, self.node.op
        settings: Any = op
        if isinstance(op, Block):
            ports = op.port_signatures()
            settings = (type(op), repr([(k, v) for k, v in op if k not in ports and k not in ("target", "each")]))
        wires = [(port, [v.constant for v in (w if isinstance(w, tuple) else (w,))]) for port, w in node.wires.items()]
        reads = [(r.kind, r.local) for r in self.reads]
        weights = [(name, use.index, use.frozen) for name, use in node.weights.items()]
        return (settings, repr((sorted(node.types.items()), sorted(node.bound.items()), wires, reads, weights,
                                sorted(node.presence), [(k, v.type) for k, v in node.values.items()])))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and (other.node is self.node or other._key == self._key)

    def __hash__(self) -> int:
        return hash(self._key)


def given_also(term: Term, names: Iterable[str], plans: Iterable[Term]) -> Term:
    """A call that reads rows of the plan as well."""
    assert isinstance(term.op, Call)
    reads = (*term.op.reads, *(Read("plan", name, name) for name in names))
    return replace(term, op=replace(term.op, reads=reads), operands=(*term.operands, *plans))


USUAL = 0.4
"""The usual length of an episode, as a share of the longest allowed."""


def nominal(graph: Graph) -> dict[str, int]:
    """How long `batch` and `time` are expected to be; what costs are estimated with."""
    schema, learner = graph.schema, graph.spec.learner
    assert isinstance(schema, EntitySchema)
    return {"batch": learner.batch, "time": learner.span(math.ceil(USUAL * schema.limit))}
