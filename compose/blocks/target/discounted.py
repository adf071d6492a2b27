"""Sums of what is still to come, weighted down by how far away it is."""

from typing import Any


def discounted(x: Any, rate: Any, most: int | None = None) -> Any:
    """``y_t = sum_{s >= t} rate^(s - t) x_s`` along the second axis, ``x`` [batch time ...], as one matrix product;
    at ``most`` so many terms. ``rate`` is one number."""
    import torch

    if not isinstance(rate, int | float):
        rate = rate.reshape(())
    flat = x.reshape(x.shape[0], x.shape[1], -1)
    clock = torch.ones_like(flat.select(0, 0).select(1, 0)).cumsum(0)
    ahead = clock[None, :] - clock[:, None]
    beyond = ahead < 0 if most is None else (ahead < 0) | (ahead >= most)
    weight = ((rate + torch.zeros_like(ahead)) ** ahead.clamp(min=0)).masked_fill(beyond, 0.0)
    return torch.einsum("ts,bsk->btk", weight, flat).reshape(x.shape)
