"""What a stand-alone step is called with and gives: names in Python, axes, sizes, kinds of number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from compose.compiler.export.names import Scope
from compose.compiler.export.record import Source, Step
from compose.compiler.model import Model
from compose.language.axes import Axes, Type


@dataclass(frozen=True)
class Tensor:
    """One tensor that goes in or out. ``sizes``: 0 stands for the batch."""

    name: str
    """A Python name; of state, its key."""
    source: Source
    axes: Axes
    sizes: tuple[int, ...]
    dtype: torch.dtype
    what: str = ""
    start: float = 0.0
    """Of state: every number before the first step."""

    @property
    def shape(self) -> str:
        """``[batch, agent 8, action 14]``."""
        sizes = zip(self.axes, self.sizes, strict=True)
        return f"[{', '.join(a if n == 0 or a == str(n) else f'{a} {n}' for a, n in sizes)}]"

    @property
    def kind(self) -> str:
        """``float32``."""
        return str(self.dtype).removeprefix("torch.")


@dataclass(frozen=True)
class Signature:
    """A stand-alone step: arguments in the order of the environment's schema, then draws, then moving params."""

    arguments: tuple[Tensor, ...]
    state: tuple[Tensor, ...]
    values: Tensor
    where: Tensor
    chosen: str
    """What is done, as Python: the action of the best value, or numbers from -1 to 1."""


def signature(model: Model, step: Step) -> Signature:
    """The arguments and results of a recorded step."""
    scope, schema = Scope(), model.schema
    assert schema is not None, "a model has sizes"
    read = set(step.of_kind("field"))
    arguments = []
    for name, field in schema.fields.items():
        if name in read:
            axes = tuple(a for a in field.axes if a != "time")
            kind = Type(axes, field.dtype)
            arguments.append(_tensor(model, scope.take(name, f"env_{name}"), Source("field", name), kind, field.what))
    draws = dict(_draws(model))
    for name in step.of_kind("draw"):
        arguments.append(_tensor(model, scope.take(name, f"draw_{name}"), Source("draw", name), draws[name],
                                 "Drawn at random, as compose draws it."))
    for name in step.of_kind("param"):
        arguments.append(_tensor(model, scope.take(name, f"param_{name}"), Source("param", name), Type(()),
                                 "A param that moves in training: its value of the moment."))
    act = model.spec.act
    axes, numbers = ("batch", "agent", act.over), act.over == "part"
    about = "What the agent expects of each action." if not numbers else \
        f"The mean of each number{', whose tanh is done' if act.squashed else ''}: -1 and 1 are the bounds."
    values = _tensor(model, "values", Source("output", "values"), Type(axes), about)
    about = "True: all numbers are chosen." if numbers else "True where the agent may take the action."
    where = _tensor(model, "where", Source("output", "where"), Type(axes, "bool"), about)
    chosen = "values.masked_fill(~where, -torch.inf).argmax(-1)"
    if numbers:
        chosen = "values.tanh()" if act.squashed else "values.clamp(-1.0, 1.0)"
    return Signature(tuple(arguments), tuple(states(model)), values, where, chosen)


def _tensor(model: Model, name: str, source: Source, kind: Type, what: str) -> Tensor:
    sizes = tuple(0 if a == "batch" else model.graph.table.size(a) or 0 for a in kind.axes)
    dtype = {"bool": torch.bool, "int": torch.int64}.get(kind.dtype, model.dtype)
    return Tensor(name, source, kind.axes, sizes, dtype, what)


def _draws(model: Model) -> Iterator[tuple[str, Type]]:
    for node in model.graph.nodes(model.graph.acted()):
        for name, kind in node.op.draws(node).items():
            yield f"{node.name}.{name}", kind


def states(model: Model) -> Iterator[Tensor]:
    """What an episode carries from step to step."""
    start = model.initial_state(1)
    kinds = {f"{node.name}.{name}": kind for node in model.graph.nodes(model.graph.acted())
             for name, kind in node.op.carries(node).items()}
    for name, before in start.items():
        axes = kinds[name].axes
        sizes = tuple(0 if a == "batch" else n for a, n in zip(axes, before.shape, strict=True))
        yield Tensor(name, Source("state", name), axes, sizes, before.dtype, start=float(before.flatten()[0]))
