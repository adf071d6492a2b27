"""Random play, and rows by the names of features."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs.interface import Environment, Fields


def randomly(env: Environment, batch: int, steps: int) -> Iterator[Fields]:
    """The fields of some episodes, all actions random and available."""
    fields = env.reset(torch.arange(batch), 3)
    for step in range(steps):
        yield fields
        noise = torch.rand(fields["available"].shape, generator=torch.Generator().manual_seed(step))
        fields = env.step((fields["available"] * (1 + noise)).argmax(2)).fields


def parts(env: Environment, fields: Fields) -> dict[str, torch.Tensor]:
    """The entities' features by name."""
    features = env.schema.features
    split = fields["entities"].split([feature.size for feature in features], 2)
    return {feature.name: x for feature, x in zip(features, split, strict=True)}
