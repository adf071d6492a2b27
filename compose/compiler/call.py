"""An operation of the graph as one term: the blocks and functions that no pass looks into."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compose.compiler.interpret import Given, Interpreter, NodeRun
from compose.compiler.terms import Op, Term
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.schema import EntitySchema
from compose.language.block import Block


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

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        node, op = self.node, self.node.op
        settings: Any = op
        if isinstance(op, Block):
            ports = op.port_signatures()
            settings = (type(op), repr([(k, v) for k, v in op if k not in ports and k not in ("target", "each")]))
        wires = [(port, [v.constant for v in (w if isinstance(w, tuple) else (w,))]) for port, w in node.wires.items()]
        reads = [(r.kind, r.local) for r in self.reads]
        weights = [(name, use.index) for name, use in node.weights.items()]
        return (settings, repr((sorted(node.types.items()), sorted(node.bound.items()), wires, reads, weights,
                                sorted(node.presence), [(k, v.type) for k, v in node.values.items()])))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and (other.node is self.node or other._key == self._key)

    def __hash__(self) -> int:
        return hash(self._key)


USUAL = 0.4
"""The usual length of an episode, as a share of the longest allowed."""


def nominal(graph: Graph) -> dict[str, int]:
    """How long `batch` and `time` are expected to be; what costs are estimated with."""
    schema = graph.schema
    assert isinstance(schema, EntitySchema)
    return {"batch": graph.spec.learner.batch, "time": math.ceil(USUAL * schema.limit)}
