"""Actions that are numbers: policies know them as -1 .. 1, environments in the bounds of their schemas."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, keys, uniform


def within(action: Tensor, schema: EntitySchema) -> Tensor:
    """What an environment is given: numbers [... part] from -1 to 1 (what is beyond counts as these) brought into the
    bounds; choices as they are."""
    if not schema.continuous:
        return action
    low, high = (torch.tensor(side, device=action.device) for side in bounds(schema))
    middle, half = (low + high) / 2, (high - low) / 2
    return torch.minimum(torch.maximum(middle + half * action.float().clamp(-1.0, 1.0), low), high)


def bounds(schema: EntitySchema) -> tuple[list[float], list[float]]:
    """The least and the most of each number of an action."""
    groups = [group for group in schema.actions for _ in range(group.count)]
    return [float(group.low or 0) for group in groups], [float(group.high or 0) for group in groups]


def any_numbers(seed: Seeds, stream: str, step: int, counters: Tensor, parts: int) -> Tensor:
    """Numbers from -1 to 1 [batch agent part], all equally likely; ``counters`` [batch agent]."""
    drawn = uniform(keys(seed, stream, step), by_part(counters, parts))
    return 2 * rearrange(drawn, "batch (agent part) -> batch agent part", part=parts) - 1


def by_part(counters: Tensor, parts: int) -> Tensor:
    """A counter for every number [batch agent*part] of counters [batch agent]."""
    numbers = counters[..., None] * parts + torch.arange(parts, device=counters.device)
    return rearrange(numbers, "batch agent part -> batch (agent part)")
