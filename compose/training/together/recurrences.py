"""Recurrences written out in plain operations, for stacked weights: ``vmap`` maps these, and knows no rule for
``torch.gru`` and ``torch.lstm``.

Elsewhere they would make a step of learning up to a seventh longer, and ``torch.compile`` unrolls them over time
(:mod:`compose.kernels.steps`).
"""

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
    _plain(biases, layers, dropout, bidirectional, batch_first)
    w, u, w_bias, u_bias = weights
    fed, h, states = linear(x, w, w_bias), start[0], []
    for step in fed.unbind(0):
        (xr, xz, xn), (hr, hz, hn) = step.chunk(3, -1), linear(h, u, u_bias).chunk(3, -1)
        new = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        h = new + torch.sigmoid(xz + hz) * (h - new)
        states.append(h)
    return torch.stack(states), h[None]


def lstm(x: Tensor, start: Sequence[Tensor], weights: Sequence[Tensor], biases: bool, layers: int, dropout: float,
         train: bool, bidirectional: bool, batch_first: bool) -> tuple[Tensor, Tensor, Tensor]:
    """What ``torch.lstm`` computes, for the arguments that the block ``lstm`` gives it.

    ``i, f, o = s(W x + U h)``, ``g = tanh(Wg x + Ug h)``, ``c' = f c + i g``, ``h' = o tanh(c')``, with a bias for each
    product; weights in the order i, f, g, o.

    Returns:
        The states [time row to], the last one and the last cell [1 row to].

    Raises:
        NotImplementedError: For other arguments than one layer in one direction, time first.
    """
    _plain(biases, layers, dropout, bidirectional, batch_first)
    w, u, w_bias, u_bias = weights
    fed, (h, c), states = linear(x, w, w_bias), (start[0][0], start[1][0]), []
    for step in fed.unbind(0):
        i, f, g, o = (step + linear(h, u, u_bias)).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return torch.stack(states), h[None], c[None]


def _plain(biases: bool, layers: int, dropout: float, bidirectional: bool, batch_first: bool) -> None:
    if not biases or layers != 1 or dropout or bidirectional or batch_first:
        raise NotImplementedError("only what the blocks gru and lstm ask for")
