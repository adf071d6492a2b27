"""Truth values as bits."""

from __future__ import annotations

import torch
from torch import Tensor


def to_bits(x: Tensor) -> Tensor:
    """bool [... n] as uint8 [... ceil(n / 8)], the first in the lowest bit; what is missing in the last byte is 0."""
    full = torch.nn.functional.pad(x.to(torch.uint8), (0, -x.shape[-1] % 8))
    return (full.view(*x.shape[:-1], full.shape[-1] // 8, 8) << _places(x)).sum(-1, dtype=torch.uint8)


def from_bits(x: Tensor) -> Tensor:
    """uint8 [... n] as bool [... 8 n]; see :func:`to_bits`."""
    return (x[..., None] >> _places(x)).bitwise_and_(1).to(torch.bool).flatten(-2)


def _places(x: Tensor) -> Tensor:
    return torch.arange(8, dtype=torch.uint8, device=x.device)
