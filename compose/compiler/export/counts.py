"""How many agents and entities there are, read off the inputs instead of written down, where the blocks allow it.

The same spec is recorded once more with one agent more and once with one other entity more. If nothing but numbers
differs between the recordings, every number that does is a count of agents, of entities or of others, give or take.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx

from compose.compiler.compile import compile
from compose.compiler.export.record import Step, record
from compose.compiler.export.signature import states
from compose.compiler.export.simplify import simplify
from compose.compiler.model import Model
from compose.language.diagnostics import SpecError

Growth = dict[str, int]
"""Axis -> how much longer it is."""

GROWTHS: Mapping[str, Growth] = {"agent": {"agent": 1, "entity": 1}, "entity": {"entity": 1}}
"""What is tried: one agent more, one other entity more."""
NAMES = {"agent": "agents", "entity": "entities", "other": "others"}


def free_counts(model: Model, step: Step) -> tuple[str, ...]:
    """Let a simplified step take any number of agents and of entities, where it can. Gives those axes.

    ``agent``: the number of agents is free; ``entity``: that of other entities is. Both may be.
    """
    slopes: dict[str, dict[tuple[int, int], int]] = {}
    for axis, growth in GROWTHS.items():
        other = _grown(model, growth)
        found = None if other is None else _differences(step, other)
        if found is not None:
            slopes[axis] = found
    sizes = _Sizes(model, step)
    places = {place for found in slopes.values() for place in found}
    grown = {place: {axis: found.get(place, 0) for axis, found in slopes.items()} for place in places}
    if any(sizes.kind(growth) is None for growth in grown.values()):
        return ()
    for index, node in enumerate(list(step)):
        changed = _leaves(node)
        for leaf, value in enumerate(changed):
            if (index, leaf) in grown:
                changed[leaf] = sizes.number(node, value, grown[index, leaf])
        _rewrite(node, lambda leaf, _, new=changed: new[leaf])  # type: ignore[misc]
    return tuple(slopes)


def larger(model: Model, growth: Growth) -> Model | None:
    """The model in an environment with longer axes, weights of acting the same; None if those have other shapes."""
    assert model.schema is not None, "a model has sizes"
    sizes = {"agents": model.schema.agents + growth.get("agent", 0),
             "entities": model.schema.entities + growth["entity"]}
    try:
        made = compile(model.spec, model.schema.model_copy(update=sizes), dtype=model.dtype, passes=())
    except SpecError:
        return None
    step = record(made)
    pairs = [(mine[name], theirs[name]) for kind, mine, theirs in
             (("weight", model.weights, made.weights), ("target", model.target, made.target))
             for name in step.of_kind(kind)]
    if any(mine.shape != theirs.shape for mine, theirs in pairs):
        return None
    with torch.no_grad():
        for mine, theirs in pairs:
            theirs.copy_(mine)
    return made


def _grown(model: Model, growth: Growth) -> Step | None:
    """The step recorded in a larger environment; None if that needs other weights, or state of other axes."""
    other = larger(model, growth)
    if other is None:
        return None
    for mine, theirs in zip(states(model), states(other), strict=True):
        sizes = zip(mine.axes, mine.sizes, theirs.sizes, strict=True)
        if any(a != b and axis not in growth for axis, a, b in sizes):
            return None
    step = record(other)
    simplify(other, step)
    return step


# ------------------------------------------------------- comparing recordings


def _differences(step: Step, other: Step) -> dict[tuple[int, int], int] | None:
    """(operation, leaf among its arguments) -> how much its number grew; None if more than numbers differs."""
    mine, theirs = list(step), list(other)
    numbered = [{n: i for i, n in enumerate(s.graph.nodes)} for s in (step, other)]
    if len(mine) != len(theirs) or list(step.sources.values()) != list(other.sources.values()):
        return None
    found = {}
    for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        if (a.op, a.target) != (b.op, b.target):
            return None
        left, right = _leaves(a), _leaves(b)
        if len(left) != len(right):
            return None
        for leaf, (x, y) in enumerate(zip(left, right, strict=True)):
            if isinstance(x, fx.Node) and isinstance(y, fx.Node):
                if numbered[0][x] != numbered[1][y]:
                    return None
            elif type(x) is int and type(y) is int:
                if x != y:
                    found[i, leaf] = y - x
            elif x != y or type(x) is not type(y):
                return None
    return found


def _leaves(node: fx.Node) -> list[Any]:
    found: list[Any] = []
    _rewrite_tree((node.args, dict(node.kwargs)), lambda _, x: found.append(x) or x)  # type: ignore[func-returns-value]
    return found


def _rewrite(node: fx.Node, change: Callable[[int, Any], Any]) -> None:
    node.args, node.kwargs = _rewrite_tree((node.args, dict(node.kwargs)), change)


def _rewrite_tree(tree: Any, change: Callable[[int, Any], Any]) -> Any:
    """A tree of arguments with every leaf changed; leaves are counted from 0."""
    count = iter(range(1 << 30))

    def walk(x: Any) -> Any:
        if isinstance(x, list):
            return [walk(v) for v in x]
        if isinstance(x, tuple):
            return tuple(walk(v) for v in x)
        if isinstance(x, Mapping):
            return {k: walk(v) for k, v in x.items()}
        if isinstance(x, slice):
            return slice(walk(x.start), walk(x.stop), walk(x.step))
        return change(next(count), x)

    return walk(tree)


# ---------------------------------------------------------------------- sizes


class _Sizes:
    """Operations that read sizes off inputs, made when first asked for."""

    def __init__(self, model: Model, step: Step) -> None:
        assert model.schema is not None, "a model has sizes"
        self.step, self.schema = step, model.schema
        self.made: dict[str, fx.Node] = {}
        self.first = next(iter(step))

    def kind(self, growth: Growth) -> str | None:
        """What a number counts that grows so with agents and with others; None if no input tells."""
        kinds = {(1, 0): "agent", (1, 1): "entity", (0, 1): "other"}
        kind = kinds.get((growth.get("agent", 0), growth.get("entity", 0)))
        needed = ("agent", "entity") if kind == "other" else (kind or "",)
        return kind if all(self._input(axis) for axis in needed) else None

    def number(self, node: fx.Node, value: int, growth: Growth) -> fx.Node:
        """A number among the arguments of ``node``, as a size and what is left."""
        kind = self.kind(growth)
        assert kind is not None, "kind() was asked before"
        now = {"agent": self.schema.agents, "entity": self.schema.entities, "other": self.schema.others}
        size, rest = self._read(kind), value - now[kind]
        if not rest:
            return size
        with self.step.graph.inserting_before(node):
            made = self.step.graph.call_function(operator.add, (size, rest))
        if node in self.step.owners:
            self.step.owners[made] = self.step.owners[node]
        return made

    def _input(self, axis: str) -> tuple[fx.Node, int] | None:
        """An input with an axis, and where."""
        for node, source in self.step.sources.items():
            if source.kind == "field":
                axes = [a for a in self.schema.fields[source.name].axes if a != "time"]
                if axis in axes:
                    return node, axes.index(axis)
        return None

    def _read(self, kind: str) -> fx.Node:
        if kind not in self.made:
            parts = (self._read("entity"), self._read("agent")) if kind == "other" else ()
            with self.step.graph.inserting_before(self.first):
                self.made[kind] = self._difference(parts) if parts else self._size(kind)
            self.step.names[self.made[kind]] = f"n_{NAMES[kind]}"
        return self.made[kind]

    def _size(self, axis: str) -> fx.Node:
        found = self._input(axis)
        assert found is not None, "kind() was asked before"
        shape = self.step.graph.call_function(getattr, (found[0], "shape"))
        return self.step.graph.call_function(operator.getitem, (shape, found[1]))

    def _difference(self, parts: tuple[fx.Node, ...]) -> fx.Node:
        return self.step.graph.call_function(operator.sub, parts)
