"""One draw of everything that a proof says nothing about: weights, statistics, episodes, random draws, params."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from compose.compiler import statistics
from compose.compiler import weights as weighing
from compose.compiler.fake_batch import fake_batch
from compose.compiler.interpret import Given, Interpreter
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Value
from compose.language.axes import Axes
from compose.language.moving import Moving

Fields = dict[str, Tensor]
BATCH = 3
HUGE = 1e15
"""From here on a double does not tell a number from the next."""


class Trial:
    """A graph with numbers in float64. The same seed gives the same numbers, also where a schema has more slots."""

    def __init__(self, graph: Graph, seed: int) -> None:
        assert graph.schema is not None
        self.graph, self.schema = graph, graph.schema
        self.noise = torch.Generator().manual_seed(seed)
        scale = float(torch.tensor([0.5, 1.0, 1.0, 3.0])[self.below(4)])
        start = self._initial(seed)
        self.weights = {name: self._drawn(w, scale) for name, w in start.items()}
        self.target = {name: self._drawn(w, scale) for name, w in start.items()}
        started = statistics.initial(graph, device="cpu", dtype=torch.float64)
        self.statistics = {name: x + self.uniform(x.shape) for name, x in started.items()}
        self.params = {
            name: self._param(value) for name, value in graph.spec.params.items() if isinstance(value, Moving)
        }
        made = fake_batch(graph.stored or self.schema, seed, batch=BATCH, dtype=torch.float64)
        self.fields: Fields = {str(n): x.clone() for n, x in made.items() if isinstance(x, Tensor)}
        self.steps = int(self.fields["steps"].shape[1])
        self.draws = self._draws()

    def _initial(self, seed: int) -> dict[str, Tensor]:
        return weighing.initial(self.graph, seed, device="cpu", dtype=torch.float64)

    def _drawn(self, start: Tensor, scale: float) -> Tensor:
        return (start + 0.5 * torch.randn(start.shape, generator=self.noise, dtype=torch.float64)) * scale

    def _param(self, value: Moving) -> Tensor:
        low, high = value.range()
        return low + (high - low) * torch.rand((), generator=self.noise, dtype=torch.float64)

    def _draws(self) -> dict[str, Tensor]:
        made = {}
        for node in self.graph.nodes(self.everything()):
            for name, kind in node.op.draws(node).items():
                rows = (BATCH, self.steps) if "time" in kind.axes else (BATCH,)

                def numbers(columns: int, rows: tuple[int, ...] = rows) -> Tensor:
                    return torch.rand((*rows, columns), generator=self.noise)

                made[f"{node.name}.{name}"] = node.op.sample(name, numbers, node)
        return made

    def draw_axes(self, name: str) -> Axes:
        """The axes of a draw."""
        owner, _, draw = name.rpartition(".")
        node = next(n for n in self.graph.nodes(self.everything()) if n.name == owner)
        return node.op.draws(node)[draw].axes

    def everything(self) -> list[Value]:
        """What a learner or an actor computes."""
        return [*self.graph.learned(), *self.graph.acted(), *self.graph.logged.values()]

    # ---------------------------------------------------------------- chance

    def below(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.noise))

    def uniform(self, shape: Iterable[int]) -> Tensor:
        return torch.rand(tuple(shape), generator=self.noise, dtype=torch.float64)

    def like(self, x: Tensor, most: int = 2) -> Tensor:
        """Other numbers of the same kind; whole numbers below ``most``."""
        if x.dtype == torch.bool:
            return torch.rand(x.shape, generator=self.noise) < 0.5
        if x.dtype == torch.int64:
            return torch.randint(most, x.shape, generator=self.noise)
        large = 10.0 ** float(torch.randint(-1, 3, (), generator=self.noise))
        return torch.randn(x.shape, generator=self.noise, dtype=torch.float64) * large

    def other(self, name: str) -> Tensor:
        """Other numbers for a field, such as it might hold."""
        counted = {"action": self.schema.sizes["action"], "task": len(self.schema.tasks)}
        return self.like(self.fields[name], counted.get(name, 2))

    def axes(self, name: str) -> Axes:
        """The axes of a field."""
        return self.graph.field(name).axes

    # ------------------------------------------------------------ evaluation

    def values(
        self,
        wanted: list[Value],
        fields: Mapping[str, Tensor] | None = None,
        *,
        draws: Mapping[str, Tensor] | None = None,
        given: Mapping[Value, Tensor] | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> list[Tensor]:
        """The tensors of some values, each with all of its axes; ``given`` replaces some."""
        found = self.run(fields, draws=draws, given=given, weights=weights).evaluate(wanted)
        return [torch.as_tensor(x, dtype=torch.float64) if isinstance(x, int | float) else x for x in found]

    def run(
        self,
        fields: Mapping[str, Tensor] | None = None,
        *,
        draws: Mapping[str, Tensor] | None = None,
        given: Mapping[Value, Tensor] | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> Interpreter:
        """An evaluation that has not begun."""
        sources: dict[str, Mapping[str, Any]] = {
            "weight": self.weights if weights is None else weights, "target": self.target,
            "field": self.fields if fields is None else fields,
            "param": self.params, "statistic": self.statistics, "draw": self.draws if draws is None else draws,
        }  # fmt: skip
        return Interpreter(self.graph, Given(sources), torch.float64, dict(given or {}))

    def moves(self, value: Value, moved: float) -> bool:
        """Is a change of a value no matter of rounding? Where it is made of numbers like 1e30 (extremes over nothing),
        their last digits are larger than all that is added to them, and the order of a sum decides; and some formulas
        (equal numbers divided by how far they are apart) make of any last digit what they like."""
        if not moved or moved <= 10 * self._trembles(value):
            return False
        made_of = [x for node in self.graph.nodes([value]) for x in node.values.values() if x.type.dtype == "float"]
        with torch.no_grad():
            found = self.values(made_of)
        return all(float(x.abs().nan_to_num(0.0, 0.0).max()) < HUGE for x in found if x.numel())

    def _trembles(self, value: Value) -> float:
        """By how much a value changes with the last digits of all weights."""
        shaken = {n: w * (1 + 1e-13 * torch.randn(w.shape, generator=self.noise, dtype=torch.float64))
                  for n, w in self.weights.items()}
        with torch.no_grad():
            (still,), (moved,) = self.values([value]), self.values([value], weights=shaken)
        return differ(still, moved)

    def mask(self, keep: Tensor, have: Axes, name: str) -> Tensor:
        """A mask over some axes, laid over a field that has them."""
        wanted = self.axes(name)
        return align(keep, have, wanted).expand(self.fields[name].shape)


def differ(before: Tensor, after: Tensor, where: Tensor | None = None) -> float:
    """By how much finite numbers differ, beyond rounding; 0 if they do not."""
    a, b = before.detach().double(), after.detach().double()
    gap = (a - b).abs()
    gap = torch.where(torch.isfinite(a), torch.where(torch.isfinite(b), gap, torch.inf), 0.0)
    if where is not None:
        gap = gap * where
        gap = torch.where(where.expand(gap.shape), gap, 0.0)
    scale = 1 + torch.where(torch.isfinite(a), a.abs(), 0.0)
    worst = float((gap / scale).max()) if gap.numel() else 0.0
    return worst if worst > 1e-9 else 0.0
