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


def errors(value: Any, reward: Any, terminated: Any, discount: Any) -> Any:
    """``r_t + discount (1 - terminated_t) value_{t+1} - value_t``, [batch time ...]; after the last step comes 0."""
    import torch

    after = torch.cat([value.narrow(1, 1, value.shape[1] - 1), torch.zeros_like(value.narrow(1, 0, 1))], 1)
    return reward + discount * after.masked_fill(terminated, 0.0) - value
