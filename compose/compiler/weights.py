"""Weights from their declarations: names, shapes, initial values."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from compose.graph.graph import Graph
from compose.graph.node import WeightInfo
from compose.kernels.random import key, uniform


def shape(graph: Graph, info: WeightInfo) -> tuple[int, ...]:
    """Sizes of a weight's axes. Raises ValueError while one is symbolic."""
    sizes = [graph.table.size(a) for a in info.axes]
    if any(s is None for s in sizes):
        raise ValueError(f"weight '{info.name}' has an axis whose size needs an environment: {' '.join(info.axes)}")
    return tuple(s for s in sizes if s is not None)


def count(graph: Graph) -> int:
    """How many numbers are learned."""
    return sum(math.prod(shape(graph, info)) for info in graph.weights.values())


def initial(graph: Graph, seed: int, *, device: torch.device | str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Initial values by name; each weight has a random stream of its own, keyed by (seed, its name)."""
    found = {}
    for name, info in graph.weights.items():
        sizes = shape(graph, info)
        if info.weight.init == "fan_in":
            bound = 1 / math.sqrt(math.prod(graph.table.size(a) or 1 for a in info.weight.fan))
            numbers = torch.arange(math.prod(sizes), dtype=torch.int64)
            value = (uniform(key(seed, "weight", name), numbers) * 2 - 1) * bound
            value = value.reshape(sizes)
        else:
            value = torch.full(sizes, 1.0 if info.weight.init == "ones" else 0.0)
        found[name] = value.to(device=device, dtype=dtype)
    return found


@torch.no_grad()
def follow(target: Mapping[str, Tensor], weights: Mapping[str, Tensor], rate: float) -> None:
    """``target <- (1 - rate) target + rate weights``, for every weight that has a lagged copy."""
    for name, lagged in target.items():
        if rate == 1.0:
            lagged.copy_(weights[name])
        else:
            lagged.lerp_(weights[name], rate)
