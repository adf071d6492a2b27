"""A graph of one operation, fed with made-up tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from compose.compiler.interpret import Interpreter
from compose.graph.elaborate import Elaboration
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.rows import Operand, operands
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature
from compose.graph.scope import Failed
from compose.graph.sizes import ENVIRONMENT
from compose.language.axes import Axes, Type
from compose.language.diagnostics import SpecError
from compose.language.load import load_data
from compose.language.operation import Operation
from compose.language.values import Expr

Types = Mapping[str, Any]
"""Port -> what arrives there: a :class:`Type`, a number, or a tuple of them."""

BATCH, TIME = 7, 11
PRIMES = (31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113)


class ContractError(AssertionError):
    """An operation does not do what it declares."""


@dataclass
class _Sources:
    """Tensors by kind and name, and which of them were read."""

    given: dict[str, dict[str, Any]]
    read_: set[tuple[str, str]] = field(default_factory=set)

    def read(self, kind: str, name: str) -> Any:
        self.read_.add((kind, name))
        found = self.given.get(kind, {})
        return found.get(name) if kind == "state" else found[name]


@dataclass
class Trial:
    node: Node
    graph: Graph
    fed: dict[str, Value]
    """Tensors that are made up: those at ports, by name, and who is present."""
    generator: torch.Generator

    @property
    def name(self) -> str:
        return str(getattr(self.node.op, "block", "") or getattr(self.node.op, "name", type(self.node.op).__name__))

    def fail(self, message: str) -> ContractError:
        return ContractError(f"{self.name}: {message}")

    def size(self, axis: str) -> int:
        size = {"batch": BATCH, "time": TIME}.get(axis) or self.graph.table.size(axis)
        assert size is not None
        return size

    def shape(self, axes: Axes) -> tuple[int, ...]:
        return tuple(self.size(a) for a in axes)

    def fits(self, x: object, kind: Type) -> bool:
        """Has it the shape and the dtype of its type?"""
        return isinstance(x, Tensor) and tuple(x.shape) == self.shape(kind.axes) and dtype_of(x) == kind.dtype

    def random(self, kind: Type) -> Tensor:
        shape = self.shape(kind.axes)
        if kind.dtype == "bool":
            return torch.rand(shape, generator=self.generator).lt(0.6)
        if kind.dtype == "int":
            return torch.randint(0, 3, shape, generator=self.generator)
        scale = 10.0 ** float(torch.randint(-1, 2, (), generator=self.generator))
        x: Tensor = torch.randn(shape, generator=self.generator, dtype=torch.float64) * scale
        return x.abs() if kind.sign == "nonneg" else x

    def inputs(self) -> dict[str, dict[str, Any]]:
        """Fresh tensors for everything that the node reads."""
        weights = {n: self.random(Type(i.axes)) for n, i in self.graph.weights.items()}
        draws = {f"{self.node.name}.{name}": self.drawn(name, kind) for name, kind in self._draws().items()}
        return {"field": {n: self.random(v.type) for n, v in self.fed.items()}, "weight": weights, "target": weights,
                "draw": draws, "state": {}, "statistic": self._statistics()}

    def _statistics(self) -> dict[str, Tensor]:
        kept = self.node.op.statistics(self.node)
        return {f"{self.node.name}.{name}": self.random(Type(one.axes)) for name, one in kept.items()}

    def _draws(self) -> dict[str, Type]:
        return self.node.op.draws(self.node)

    def drawn(self, name: str, kind: Type) -> Tensor:
        def uniform(columns: int) -> Tensor:
            rows = (BATCH, TIME) if "time" in kind.axes else (BATCH,)
            return torch.rand((*rows, columns), generator=self.generator)

        value: Tensor = self.node.op.sample(name, uniform, self.node)
        value = value.double() if value.is_floating_point() else value
        if not self.fits(value, kind):
            raise self.fail(f"draw '{name}' is declared {sized(kind, self)}, sampled {seen(value)}")
        return value

    def run(self, given: dict[str, dict[str, Any]]) -> dict[str, Tensor]:
        """Outputs by name."""
        return self.interpret(given)[0]

    def interpret(self, given: dict[str, dict[str, Any]]) -> tuple[dict[str, Tensor], Interpreter, _Sources]:
        sources = _Sources(given)
        interpreter = Interpreter(self.graph, sources, torch.float64)
        values = list(self.node.values.values())
        found = interpreter.evaluate(values)
        return dict(zip(self.node.values, found, strict=True)), interpreter, sources

    def operands(self) -> list[Operand]:
        """What stands at ports and is made up: not constants, and not who is present."""
        return [operand for operand in operands(self.node) if operand.value.field is not None]

    def operand(self, port: str | None) -> Operand | None:
        """The one at a port, if there is one that is made up."""
        return next((operand for operand in self.operands() if operand.port == port), None)

    def ports(self) -> Iterator[tuple[str, str, Type, Type]]:
        """(port, name of its tensor, type as made, type as the operation sees it) for every tensor at a port."""
        for operand in self.operands():
            made = operand.value.type
            yield operand.port, str(operand.value.field), made, replace(made, axes=tuple(operand.axes.values()))


def trial_of(op: Operation, types: Types, sizes: Mapping[str, Any], words: list[str]) -> Trial:
    every = [t for v in types.values() for t in (v if isinstance(v, tuple) else (v,)) if isinstance(t, Type)]
    names = [a.rstrip("'") for t in every for a in t.axes] + words
    free = [n for n in dict.fromkeys(names) if n not in ENVIRONMENT and n not in sizes and n.isidentifier()]
    primes = dict(zip(free, PRIMES, strict=False))
    members = {"graph": {}, "losses": {}, "act": {"choose": "greedy", "values": "0"},
               "learner": {"kind": "replay", "optimizers": {}}}
    header = {"compose": 1, "name": "contract", "summary": "One node.", "axes": {**primes, **sizes}}
    loaded = load_data({**header, **members})
    elaboration = Elaboration(loaded, _schema())
    scope, fed = elaboration.main, {}

    def wire(name: str, kind: Any) -> Value:
        if not isinstance(kind, Type):
            return elaboration.constant(kind)
        fed[name] = Value(name, kind, field=name)
        return fed[name]

    wires: dict[str, Value | tuple[Value, ...]] = {}
    for port in [p for p in op.ports() if p not in op.late]:
        kind = types.get(port, getattr(op, port, None))
        if isinstance(kind, tuple):
            wires[port] = tuple(wire(f"{port}.{i}", k) for i, k in enumerate(kind))
        else:
            wires[port] = scope.expression(kind, ("graph",)) if isinstance(kind, Expr) else wire(port, kind)
    try:
        values = scope.place("it", op, wires, ("graph", "it"))
    except Failed:
        raise SpecError(*elaboration.errors.values()) from None
    node = next(iter(values.values())).node
    assert node is not None
    if node.presence:
        fed["present"] = elaboration.field("present")
    return Trial(node, elaboration.graph, fed, torch.Generator().manual_seed(0))


def _schema() -> EntitySchema:
    """Sizes of the environment's axes, all prime and different: agent 3, other 2, entity 5, action 17, plain 13 ..."""
    return EntitySchema(
        name="contract", summary="distinct prime sizes", agents=3, entities=5, fewest_agents=1, fewest_others=0,
        types=(EntityType(name="a", side="agent", min=0, max=3), EntityType(name="o", side="other", min=0, max=2)),
        features=(Feature(name="all", size=19, kind="float"),),
        actions=(ActionGroup(name="plain", count=13), ActionGroup(name="aimed", count=4, targets="agent")),
        limit=TIME - 1, truncates=True, tasks=("one", "two", "three"), axes={"state": 23, "observation": 29},
    )  # fmt: skip


def dtype_of(x: Any) -> str:
    """As types name it: bool, int, float (the trial's double precision); others by torch's name."""
    names = {torch.bool: "bool", torch.int64: "int", torch.float64: "float"}
    return names.get(x.dtype, str(x.dtype))


def sized(kind: Type, trial: Trial) -> str:
    return f"{kind} {trial.shape(kind.axes)}"


def seen(x: Any) -> str:
    return f"{dtype_of(x)} {tuple(x.shape)}" if isinstance(x, Tensor) else repr(x)
