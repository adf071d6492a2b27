"""Sums of what is still to come, weighted down by how far away it is."""

from typing import Any


def discounted(x: Any, rate: Any) -> Any:
    """``y_t = sum_{s >= t} rate^(s - t) x_s`` along the second axis, ``x`` [batch time ...], as one matrix product."""
    import torch

    flat = x.reshape(x.shape[0], x.shape[1], -1)
    clock = torch.ones_like(flat.select(0, 0).select(1, 0)).cumsum(0)
    ahead = clock[None, :] - clock[:, None]
    weight = ((rate + torch.zeros_like(ahead)) ** ahead.clamp(min=0)).masked_fill(ahead < 0, 0.0)
    return torch.einsum("ts,bsk->btk", weight, flat).reshape(x.shape)
