"""The contract test of operations: what a block declares is compared with what it does, and attacked.

For authors of blocks. ``check_block(Linear, {"block": "linear", "of": "batch time agent embed", "to": "hidden"})`` puts
the block into a graph of one node, fed by tensors of the types that the example writes at its ports. Axes get distinct
prime sizes, so that no two are mixed up unnoticed. Raises :class:`ContractError` with what was declared and what came out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from compose.compiler.interpret import Interpreter
from compose.graph.align import align
from compose.graph.elaborate import Elaboration
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature
from compose.graph.scope import Failed
from compose.graph.sizes import ENVIRONMENT
from compose.language.axes import Axes, Type, signature
from compose.language.block import Block
from compose.language.diagnostics import SpecError
from compose.language.load import load_data
from compose.language.operation import Operation
from compose.language.values import Expr

Types = Mapping[str, "Type | float | tuple[Type, ...]"]
BATCH, TIME, DRAWS, TOLERANCE = 7, 11, 30, 1e-9
PRIMES = (31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113)
DTYPES = {"float": torch.float64, "bool": torch.bool, "int": torch.int64}


class ContractError(AssertionError):
    """An operation does not do what it declares."""


def check_block(cls: type[Block], example: Mapping[str, Any], sizes: Mapping[str, Any] | None = None) -> set[str]:
    """Compare a block with its declarations.

    Args:
        example: the block as a spec writes it, with a type at every port: ``"[bool|int|nonneg] axis axis ..."``, or a
            number, or a list of types.
        sizes: sizes of axes that are not free (``{"factor": "2 * agent"}``); all others get primes of their own.

    Returns:
        The claims that this example could put to the test: ``monotone:of``, ``bounds:keys``, ``nonneg``.

    Raises:
        ContractError: declared and computed differ, or a claim is refuted.
        SpecError: the example itself is refused.
    """
    block = cls.model_validate({k: "x" if k in _ports(cls) and isinstance(v, str) else
                                ["x"] * len(v) if k in _ports(cls) and isinstance(v, list) else v
                                for k, v in example.items()})
    types = {field: _types(example[name]) for name, field in _ports(cls).items() if name in example}
    words = [w for k, v in example.items() if k != "block" for text in (v if isinstance(v, list) else [v])
             for w in re.findall(r"\b[a-z][a-z0-9_]*\b", str(text))]
    return check_operation(block, types, sizes, words)


def check_operation(op: Operation, types: Types, sizes: Mapping[str, Any] | None = None,
                    words: list[str] | None = None) -> set[str]:
    """The same for any operation; ``types``: port -> what arrives there."""
    trial = _trial(op, types, sizes or {}, words or [])
    _shapes(trial, "meta")
    _shapes(trial, "cpu")
    _without_time(op, types, sizes or {}, words or [])
    return {*_signs(trial), *_monotone(trial), *_bounds(trial), *_absent(trial), *_pointwise(trial)}


def _ports(cls: type[Block]) -> dict[str, str]:
    return {cls.spelled(name): name for name in cls.port_signatures()}


def _types(text: Any) -> Any:
    if isinstance(text, list):
        return tuple(_types(t) for t in text)
    if not isinstance(text, str):
        return text
    nonneg = text.startswith("nonneg ")
    parsed = signature(text.removeprefix("nonneg "))
    return Type(tuple(t.name for t in parsed.tokens), parsed.dtype, "nonneg" if nonneg else "any")  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- a graph of one


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
class _Trial:
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

    def random(self, kind: Type) -> Tensor:
        shape = self.shape(kind.axes)
        if kind.dtype == "bool":
            return torch.rand(shape, generator=self.generator) < 0.6
        if kind.dtype == "int":
            return torch.randint(0, 3, shape, generator=self.generator)
        scale = 10.0 ** float(torch.randint(-1, 2, (), generator=self.generator))
        x = torch.randn(shape, generator=self.generator, dtype=torch.float64) * scale
        return x.abs() if kind.sign == "nonneg" else x

    def inputs(self) -> dict[str, dict[str, Any]]:
        """Fresh tensors for everything that the node reads."""
        weights = {n: self.random(Type(i.axes)) for n, i in self.graph.weights.items()}
        draws = {f"{self.node.name}.{name}": self.drawn(name, kind) for name, kind in self._draws().items()}
        return {"field": {n: self.random(v.type) for n, v in self.fed.items()}, "weight": weights, "target": weights,
                "draw": draws, "state": {}}

    def _draws(self) -> dict[str, Type]:
        return self.node.op.draws(self.node)

    def drawn(self, name: str, kind: Type) -> Tensor:
        def uniform(columns: int) -> Tensor:
            return torch.rand((BATCH, columns), generator=self.generator)

        value: Tensor = self.node.op.sample(name, uniform, self.node)
        if tuple(value.shape) != self.shape(kind.axes) or _dtype(value) != kind.dtype:
            raise self.fail(f"draw '{name}' is declared {_sized(kind, self)}, sampled {_seen(value)}")
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

    def ports(self) -> Iterator[tuple[str, str, Type, Type]]:
        """(port, name of its tensor, type as made, type as the operation sees it) for every tensor at a port."""
        for port, wire in self.node.wires.items():
            seen = self.node.types[port]
            pairs = zip(wire, seen, strict=True) if isinstance(wire, tuple) else ((wire, seen),)  # type: ignore[arg-type]
            for value, kind in pairs:
                if value.field is not None:
                    yield port, value.field, value.type, kind


def _trial(op: Operation, types: Types, sizes: Mapping[str, Any], words: list[str]) -> _Trial:
    every = [t for v in types.values() for t in (v if isinstance(v, tuple) else (v,)) if isinstance(t, Type)]
    names = [a.rstrip("'") for t in every for a in t.axes] + words
    free = [n for n in dict.fromkeys(names) if n not in ENVIRONMENT and n not in sizes and n.isidentifier()]
    primes = dict(zip(free, PRIMES, strict=False))
    loaded = load_data({
        "compose": 1, "name": "contract", "summary": "One node.", "axes": {**primes, **sizes}, "graph": {}, "losses": {},
        "act": {"choose": "greedy"}, "learner": {"kind": "replay", "optimizers": {}},
    })  # fmt: skip
    elaboration = Elaboration(loaded, _schema())
    scope, fed = elaboration.main, {}

    def wire(name: str, kind: Any) -> Value:
        if not isinstance(kind, Type):
            return elaboration.constant(kind)
        fed[name] = Value(name, kind, field=name)
        return fed[name]

    wires: dict[str, Value | tuple[Value, ...]] = {}
    for port in op.ports():
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
    return _Trial(node, elaboration.graph, fed, torch.Generator().manual_seed(0))


def _schema() -> EntitySchema:
    """Sizes of the environment's axes, all prime and different: agent 3, other 2, entity 5, action 17, plain 13 ..."""
    return EntitySchema(
        name="contract", summary="distinct prime sizes", agents=3, entities=5, fewest_agents=1, fewest_others=0,
        types=(EntityType(name="agent", side="agent", min=0, max=3), EntityType(name="other", side="other", min=0, max=2)),
        features=(Feature(name="all", size=19, kind="float"),),
        actions=(ActionGroup(name="plain", count=13), ActionGroup(name="aimed", count=4, targets="agent")),
        limit=TIME - 1, truncates=True, axes={"state": 23, "observation": 29},
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------- declarations


def _shapes(trial: _Trial, device: str) -> None:
    """Shapes, dtypes, weights, draws and state are exactly the declared ones."""
    node, given = trial.node, trial.inputs()
    moved = {kind: {n: x.to(device) for n, x in tensors.items()} for kind, tensors in given.items()}
    outputs, interpreter, sources = trial.interpret(moved)
    for name, value in node.values.items():
        found, kind = outputs[name], value.type
        if not isinstance(found, Tensor) or tuple(found.shape) != trial.shape(kind.axes) or _dtype(found) != kind.dtype:
            raise trial.fail(f"output '{name}' is declared {_sized(kind, trial)}, computed {_seen(found)}")
    for kind, declared in (("weight", {w.name for w in node.weights.values()}), ("draw", set(given["draw"]))):
        used = {name for k, name in sources.read_ if k == kind}
        if used != declared:
            raise trial.fail(f"declares {kind}s {sorted(declared)}, uses {sorted(used)}")
    states = {f"{node.name}.{name}": kind for name, kind in node.op.carries(node).items()}
    mine = {k: v for k, v in interpreter.carried.items() if k.startswith(f"{node.name}.")}
    if set(states) != set(mine):
        raise trial.fail(f"declares state {sorted(states)}, carries {sorted(mine)}")
    for name, kind in states.items():
        if tuple(mine[name].shape) != trial.shape(kind.axes) or _dtype(mine[name]) != kind.dtype:
            raise trial.fail(f"state '{name}' is declared {_sized(kind, trial)}, carried {_seen(mine[name])}")
    if states:
        trial.run({**moved, "state": mine})


def _without_time(op: Operation, types: Types, sizes: Mapping[str, Any], words: list[str]) -> None:
    """A port may drop `time` (constant over the episode): refused, or typed and computed."""
    for port, kind in types.items():
        if not isinstance(kind, Type) or "time" not in kind.axes:
            continue
        try:
            trial = _trial(op, {**types, port: kind.without(["time"])}, sizes, words)
        except SpecError:
            continue
        _shapes(trial, "meta")


def _dtype(x: Any) -> str:
    return "bool" if x.dtype == torch.bool else "float" if x.dtype == torch.float64 else str(x.dtype).replace("int64", "int") \
        .removeprefix("torch.")


def _sized(kind: Type, trial: _Trial) -> str:
    return f"{kind} {trial.shape(kind.axes)}"


def _seen(x: Any) -> str:
    return f"{_dtype(x)} {tuple(x.shape)}" if isinstance(x, Tensor) else repr(x)


# --------------------------------------------------------------------------------------------------------------- claims


def _signs(trial: _Trial) -> Iterator[str]:
    """Outputs declared nonneg are not negative."""
    claimed = [name for name, value in trial.node.values.items() if value.type.sign == "nonneg"]
    for _ in range(DRAWS if claimed else 0):
        outputs = trial.run(trial.inputs())
        for name in claimed:
            if float(outputs[name].min()) < 0:
                raise trial.fail(f"output '{name}' is declared nonneg, and can be {float(outputs[name].min()):g}")
    yield from ["nonneg"] if claimed else []


def _monotone(trial: _Trial) -> Iterator[str]:
    """No output falls when an input declared +1 rises (none rises, for -1)."""
    claims = trial.node.op.monotone_in(trial.node)
    for port, name, kind, _ in trial.ports():
        sign = claims.get(port, 0)
        if not sign or kind.dtype != "float":
            continue
        for draw in range(DRAWS):
            given = trial.inputs()
            before, x = trial.run(given), given["field"][name]
            given["field"][name] = x + _rise(x, draw, trial.generator)
            for output, after in trial.run(given).items():
                fall = float(((before[output] - after) * sign).max()) if after.is_floating_point() else 0.0
                if fall > TOLERANCE * (1 + float(before[output].abs().max())):
                    raise trial.fail(f"claims monotone {port}: {sign:+d}; output '{output}' moved the other way by {fall:g}")
        yield f"monotone:{port}"


def _rise(x: Tensor, draw: int, generator: torch.Generator) -> Tensor:
    """Nothing below zero: one element, some, or all of them; a little or a lot."""
    rise = torch.rand(x.shape, generator=generator, dtype=x.dtype) * 10.0 ** (draw % 4 - 2)
    if draw % 3 == 0:
        return rise
    chosen = torch.rand(x.shape, generator=generator)
    return rise * (chosen == chosen.max() if draw % 3 == 1 else chosen < 0.3)


def _differs(before: Tensor, after: Tensor, where: Tensor | bool) -> bool:
    """Do two results differ anywhere in ``where`` (beyond rounding)?"""
    same = torch.isclose(before.double(), after.double(), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return bool((~same & where).any())


def _changed(x: Tensor, where: Tensor, trial: _Trial, kind: Type) -> Tensor:
    """Other numbers where ``where``."""
    other = ~x if kind.dtype == "bool" else trial.random(kind) * (1 if kind.dtype == "int" else 5)
    return torch.where(where.expand(x.shape), other, x)


def _selected(trial: _Trial, axes: Axes, axis: str, index: int) -> Tensor:
    """True at one index of one axis, broadcastable over ``axes``."""
    hot = torch.arange(trial.size(axis)) == index
    found: Tensor = align(hot, (axis,), axes)
    return found


def _bounds(trial: _Trial) -> Iterator[str]:
    """Rows that a mask hides from an index of the output do not change it there."""
    for data, mask in trial.node.op.bounds.items():
        tensors = {port: (name, made, seen) for port, name, made, seen in trial.ports()}
        if data not in tensors or mask not in tensors:
            continue
        (name, made, seen), (hiding, _, hides) = tensors[data], tensors[mask]
        for output, value in trial.node.values.items():
            rows = [a for a in seen.axes if a in hides.axes and a not in value.type.axes]
            for axis in rows:
                for index in range(trial.size(axis)):
                    given = trial.inputs()
                    before = trial.run(given)[output]
                    shown = given["field"][hiding].select(hides.axes.index(axis), index)
                    left = tuple(a for a in hides.axes if a != axis)
                    where = _selected(trial, seen.axes, axis, index)
                    given["field"][name] = _changed(given["field"][name], where, trial, made)
                    if _differs(before, trial.run(given)[output], ~align(shown, left, value.type.axes)):
                        raise trial.fail(f"claims that '{mask}' bounds '{data}'; a hidden row of '{axis}' changed the result")
                yield f"bounds:{data}"


def _absent(trial: _Trial) -> Iterator[str]:
    """Where presence is counted, what stands in absent rows changes nothing for those present."""
    node = trial.node
    for port, axis in node.op.counted(node):
        presence = node.presence.get(f"{port}:{axis}")
        if presence is None:
            continue
        for _ in range(5):
            given = trial.inputs()
            before, interpreter, _ = trial.interpret(given)
            absent = ~interpreter.value(presence)
            for _, name, made, seen in trial.ports():
                if axis in seen.axes:
                    x = given["field"][name]
                    lead = tuple(a for a in presence.type.axes if a in seen.axes)
                    if lead != presence.type.axes:
                        continue
                    given["field"][name] = _changed(x, align(absent, presence.type.axes, seen.axes), trial, made)
            after = trial.run(given)
            for name, value in node.values.items():
                where: Tensor | bool = True
                if axis in value.type.axes:
                    where = ~align(absent, presence.type.axes, value.type.axes)
                if _differs(before[name], after[name], where):
                    raise trial.fail(f"counts presence of '{axis}'; content of absent rows changed output '{name}'")
        yield f"presence:{port}:{axis}"


def _pointwise(trial: _Trial) -> Iterator[str]:
    """Along an axis that is kept and not in ``mixes``, one index does not touch another (none before it, for state)."""
    node, op = trial.node, trial.node.op
    mixed, causal = op.mixes(node), bool(op.carries(node))
    for port, name, made, seen in trial.ports():
        for output, value in node.values.items():
            for axis in seen.axes:
                if axis not in value.type.axes or not _kept(trial, port, output, axis):
                    continue
                if axis in mixed and not (axis == "time" and causal):
                    continue
                for _ in range(3):
                    _touch(trial, port, (name, made, seen), output, axis, earlier=axis in mixed)
                yield f"pointwise:{port}:{axis}"


def _touch(trial: _Trial, port: str, tensor: tuple[str, Type, Type], output: str, axis: str, *, earlier: bool) -> None:
    """Change one index of an axis; others (with ``earlier``: those before it) must stay."""
    name, made, seen = tensor
    index = int(torch.randint(0, trial.size(axis), (), generator=trial.generator))
    given = trial.inputs()
    before = trial.run(given)[output]
    given["field"][name] = _changed(given["field"][name], _selected(trial, seen.axes, axis, index), trial, made)
    row = torch.arange(trial.size(axis))
    others = align(row < index if earlier else row != index, (axis,), trial.node.values[output].type.axes)
    if _differs(before, trial.run(given)[output], others):
        raise trial.fail(f"index {index} of '{axis}' of '{port}' changed {'earlier' if earlier else 'other'} indices of "
                         f"output '{output}'; an axis that is mixed stands in `mixes`")


def _kept(trial: _Trial, port: str, output: str, axis: str) -> bool:
    """Is this axis of a port the same axis in the result, rather than a width that is consumed and made anew?"""
    node = trial.node
    if not node.op.aligned:
        return True
    tokens = signature(node.op.ports()[port]).tokens
    own = next((t.name for t in tokens if (node.bound[t.name] if t.variable else (t.name,)) == (axis,)), None)
    if own is None:
        return True
    returns = getattr(node.op, "returns", "...")
    text = returns if isinstance(returns, str) else returns[output]
    return own in [t.name for t in signature(text).tokens]
