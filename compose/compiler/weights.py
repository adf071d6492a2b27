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
        sizes, stream = shape(graph, info), key(seed, "weight", name)
        if info.weight.init == "fan_in":
            bound = 1 / math.sqrt(math.prod(graph.table.size(a) or 1 for a in info.weight.fan))
            value = (_uniform(stream, sizes) * 2 - 1) * bound
        elif info.weight.init == "orthogonal":
            lead = len(sizes) - len(info.weight.axes)
            value = info.weight.gain * orthogonal(stream, sizes, lead, info.weight.columns)
        else:
            value = torch.full(sizes, 1.0 if info.weight.init == "ones" else 0.0)
        found[name] = value.to(device=device, dtype=dtype)
    return found


def orthogonal(stream: int, sizes: tuple[int, ...], lead: int, columns: int) -> Tensor:
    """Matrices with orthonormal rows, or columns where there are fewer of those, uniform over all such ones.

    The first ``lead`` of ``sizes`` count matrices, the last ``columns`` are those of the columns. A standard normal
    matrix is Q R, with R's diagonal made positive (Saxe et al. 2014; Mezzadri 2007).
    """
    many, cut = math.prod(sizes[:lead]), len(sizes) - columns
    rows, width = math.prod(sizes[lead:cut]), math.prod(sizes[cut:])
    tall, short = max(rows, width), min(rows, width)
    radius, angle = _uniform(stream, (2, many, tall, short)).double()
    normal = (-2 * torch.log1p(-radius)).sqrt() * torch.cos(2 * math.pi * angle)
    q, r = torch.linalg.qr(normal)
    q = q * r.diagonal(dim1=-2, dim2=-1).sign()[:, None]
    made: Tensor = (q if rows >= width else q.transpose(-1, -2)).reshape(sizes).float()
    return made


def _uniform(stream: int, sizes: tuple[int, ...]) -> Tensor:
    return uniform(stream, torch.arange(math.prod(sizes), dtype=torch.int64)).reshape(sizes)


@torch.no_grad()
def follow(target: Mapping[str, Tensor], weights: Mapping[str, Tensor], rate: float) -> None:
    """``target <- (1 - rate) target + rate weights``, for every weight that has a lagged copy."""
    for name, lagged in target.items():
        if rate == 1.0:
            lagged.copy_(weights[name])
        else:
            lagged.lerp_(weights[name], rate)
