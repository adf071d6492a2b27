"""A recurrence written out in plain operations, for stacked weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear


def gru(x: Tensor, start: Tensor, weights: Sequence[Tensor], biases: bool, layers: int, dropout: float, train: bool,
        bidirectional: bool, batch_first: bool) -> tuple[Tensor, Tensor]:
    """What ``torch.gru`` computes, for the arguments that the block ``gru`` gives it.

    ``r = s(Wr x + Ur h)``, ``z = s(Wz x + Uz h)``, ``n = tanh(Wn x + r (Un h))``, ``h' = (1 - z) n + z h``, with a bias
    for each product; the products with x are one, before the loop.

    Args:
        x: [time row In].
        start: [1 row to].
        weights: W [3 to, In], U [3 to, to] and their biases [3 to], in the order r, z, n.

    Returns:
        The states [time row to], and the last [1 row to].

    Raises:
        NotImplementedError: For other arguments than one layer in one direction, time first.
    """
    if not biases or layers != 1 or dropout or bidirectional or batch_first:
        raise NotImplementedError("only what the block gru asks for")
    w, u, w_bias, u_bias = weights
    fed, h, states = linear(x, w, w_bias), start[0], []
    for step in fed.unbind(0):
        (xr, xz, xn), (hr, hz, hn) = step.chunk(3, -1), linear(h, u, u_bias).chunk(3, -1)
        new = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        h = new + torch.sigmoid(xz + hz) * (h - new)
        states.append(h)
    return torch.stack(states), h[None]
