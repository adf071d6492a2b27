"""A model and a batch to attack proofs with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.interpret import Given, Interpreter
from compose.compiler.model import Model
from compose.graph.graph import Graph
from compose.graph.node import Value

Fields = dict[str, Tensor]


class Bench:
    """One model and one random batch; evaluates any values of the graph on changed fields."""

    def __init__(self, graph: Graph, seed: int, like: Bench | None = None) -> None:
        """``like``: another of the same graph, whose programs are used again."""
        stored = graph.stored
        assert stored is not None
        self.stored = stored
        """The fields that its batch has."""
        self.graph = graph
        self.model: Model = _model(graph, seed) if like is None else like.model.of_seed(seed)
        short = min(stored.limit + 1, 6)
        batch = fake_batch(stored, seed, batch=4, time=short, dtype=torch.float64)
        self.fields: Fields = {str(name): value.clone() for name, value in batch.items() if isinstance(value, Tensor)}
        self.draws = {name: x for program in ("act", "learn")
                      for name, x in self.model.draw(program, seed, 0, torch.arange(4), steps=short).items()}
        self.noise = torch.Generator().manual_seed(seed)

    def values(self, wanted: list[Value], fields: Fields, draws: Mapping[str, Tensor] | None = None,
               given: Mapping[Value, Tensor] | None = None, graph: Graph | None = None) -> list[Tensor]:
        """The tensors of ``wanted``; ``given`` replaces values by tensors. ``graph``: of the same spec, if another."""
        params = dict.fromkeys(self.model.moving, 0.5)
        sources: dict[str, Mapping[str, Any]] = {
            "weight": self.model.weights, "target": self.model.target, "field": fields, "param": params,
            "statistic": self.model.statistics,
            "draw": self.draws if draws is None else draws,
        }  # fmt: skip
        return Interpreter(graph or self.graph, Given(sources), self.model.dtype, dict(given or {})).evaluate(wanted)

    def random(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.noise, dtype=torch.float64).to(like.dtype)


def _model(graph: Graph, seed: int) -> Model:
    return Model(graph, seed=seed, dtype=torch.float64, passes=())
