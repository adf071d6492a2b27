"""A loop over whole episodes: its step computed for one time after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, fx

from compose.graph.graph import Graph
from compose.graph.loops import Loop
from compose.graph.node import Node, Value, WeightUse
from compose.language.axes import Type

Given = Mapping[str, Mapping[str, Any]]
Step = Callable[[Given], dict[str, Any]]
"""One step: kind -> name -> tensor in; what the loop gives, by number, and what it carries, by name, out. Values that
it reads are of kind ``value``, by number."""


@dataclass(frozen=True)
class Reading:
    """What a loop is given from outside."""

    kind: str
    """``value`` (the rest by number), ``weight``, ``target``, ``draw``, ``statistic``, ``field``, ``state``."""
    name: str
    type: Type | None = None
    """Its axes; none of a weight."""
    value: Value | None = None
    use: WeightUse | None = None


@dataclass(eq=False)
class Unrolled:
    """Computes a loop over whole episodes. Called with the tensors of :attr:`reads` it gives those of ``loop.gives``;
    called with ``torch.fx`` proxies it is one operation of the program.

    Episodes begin with what their delays ``start`` from, and zeros where a recurrence stands in the loop; ``carried``:
    with what they carried before.
    """

    graph: Graph
    loop: Loop
    dtype: Any
    """The torch dtype of floats."""
    step: Step
    carried: bool = False

    def __post_init__(self) -> None:
        self.used: Iterable[int] = range(len(self.loop.gives))
        """Which of the values are wanted."""
        self.__name__ = self.__qualname__ = "unrolled"  # what torch.fx calls an operation
        self.__module__ = __name__

    @cached_property
    def reads(self) -> list[Reading]:
        """What it is given, each once."""
        found = [Reading("field", "steps", Type(self.graph.field("steps").axes, "bool"))]
        found += [Reading("value", str(i), value.type, value) for i, value in enumerate(self.loop.reads)]
        for node in self.loop.nodes:
            found += [Reading("target" if use.target else "weight", use.name, use=use) for use in node.weights.values()]
            found += [Reading("draw", f"{node.name}.{name}", kind) for name, kind in node.op.draws(node).items()]
            found += [Reading("statistic", f"{node.name}.{name}", Type(one.axes))
                      for name, one in node.op.statistics(node).items()]
            found += [Reading("state", f"{node.name}.{name}", kind) for name, kind in node.op.carries(node).items()
                      if self.carried]
        return list({(one.kind, one.name): one for one in found}.values())

    def __call__(self, *given: Any) -> Any:
        """All values of the loop over all steps, in the order of ``loop.gives``, None for one that is not
        :attr:`used`; ``given``: those of :attr:`reads`."""
        proxy: Any = next((x for x in given if isinstance(x, fx.Proxy)), None)
        if proxy is None:
            return self.over_steps(*given)
        found: Any = proxy.tracer.create_proxy("call_function", self, given, {})
        return [found[i] for i in range(len(self.loop.gives))]

    def over_steps(self, alive: Tensor, *rest: Tensor) -> list[Tensor | None]:
        """The same of tensors."""
        given, timed = dict[str, dict[str, Tensor]](), list[tuple[Reading, Sequence[Tensor]]]()
        for read, x in zip(self.reads, (alive, *rest), strict=True):
            given.setdefault(read.kind, {})[read.name] = x
            if read.type is not None and "time" in read.type.axes:
                timed.append((read, torch.split(x, 1, read.type.axes.index("time"))))
        state: Mapping[str, Tensor] = given.pop("state", {}) if self.carried else \
            start(self.graph, self.loop.nodes, alive.shape[0], self.dtype, alive.device)
        made: dict[int, list[Tensor]] = {i: [] for i in self.used}
        for time in range(alive.shape[1]):
            for read, steps in timed:
                given[read.kind][read.name] = steps[time]
            found = self.step({**given, "state": state})
            state = {name: found[name] for name in state}
            for i, values in made.items():
                values.append(found[str(i)])
        return [torch.cat(made[i], value.type.axes.index("time")) if i in made else None
                for i, value in enumerate(self.loop.gives)]


def start(graph: Graph, nodes: tuple[Node, ...] | list[Node], batch: int, dtype: torch.dtype,
          device: torch.device) -> dict[str, Tensor]:
    """What nodes carry into the first step of an episode, by ``NODE.NAME``."""
    return {f"{node.name}.{name}": _full(graph, kind, getattr(node.op, "start", 0.0), batch, dtype, device)
            for node in nodes for name, kind in node.op.carries(node).items()}


def _full(graph: Graph, kind: Type, value: float, batch: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    sizes = [batch if a == "batch" else graph.table.size(a) or 0 for a in kind.axes]
    kept = {"bool": torch.bool, "int": torch.int64}.get(kind.dtype, dtype)
    return torch.full(sizes, value, dtype=kept, device=device)
