"""Sparsemax as one operation of torch, with its own backward pass: no general sort, and no mask of the support kept.

On a CPU rows of up to :data:`SORTED` numbers are sorted by a fixed network of comparisons (Batcher 1968), each of which
is one call for thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, library

from compose.graph.simplex import HIDDEN

SORTED = 64
"""The most numbers in a row that are sorted by comparisons; longer rows are sorted by torch."""
CHUNK = 1 << 17
"""Numbers worked on at a time: few enough to stay in the caches."""


@library.custom_op("compose::sparsemax", mutates_args=())
def sparsemax(logits: Tensor) -> Tensor:
    """:func:`compose.graph.simplex.sparsemax` along the last axis; logits of ``HIDDEN`` take no part, and a row of
    nothing else gives zeros."""
    found = torch.empty(logits.shape, dtype=logits.dtype, device=logits.device)
    for at in _chunks(logits):
        rows = logits[at].reshape(-1, logits.shape[-1])
        threshold = _threshold(rows.t().contiguous()).clamp_(min=HIDDEN / 2)
        torch.sub(rows, threshold.unsqueeze(1), out=found[at].view(rows.shape)).relu_()
    return found


@sparsemax.register_fake
def _(logits: Tensor) -> Tensor:
    return torch.empty(logits.shape, dtype=logits.dtype, device=logits.device)


@library.custom_op("compose::sparsemax_backward", mutates_args=())
def sparsemax_backward(grad: Tensor, found: Tensor) -> Tensor:
    """``g_i`` less its mean over the support, on the support; zero elsewhere."""
    back = torch.empty(found.shape, dtype=found.dtype, device=found.device)
    ones = found.new_ones(found.shape[-1])
    for at in _chunks(found):
        inside = found[at].reshape(-1, len(ones)).sign()
        g = grad[at].reshape(inside.shape) * inside
        mean = g.mv(ones).div_(inside.mv(ones).clamp_(min=1))  # much faster than to sum rows so short
        torch.sub(g, inside.mul_(mean.unsqueeze(1)), out=back[at].view(inside.shape))
    return back


@sparsemax_backward.register_fake
def _(grad: Tensor, found: Tensor) -> Tensor:
    return torch.empty_like(found)


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    ctx.save_for_backward(output)


def _backward(ctx: Any, grad: Tensor) -> Tensor:
    back: Tensor = sparsemax_backward(grad, *ctx.saved_tensors)
    return back


def _over_seeds(info: Any, dims: tuple[int | None, ...], *tensors: Tensor) -> tuple[Tensor, int]:
    """Under ``torch.func.vmap``: rows are rows."""
    op = sparsemax if len(tensors) == 1 else sparsemax_backward
    moved = [x.unsqueeze(0) if dim is None else x.movedim(dim, 0) for x, dim in zip(tensors, dims, strict=True)]
    return op(*torch.broadcast_tensors(*moved)), 0  # type: ignore[no-untyped-call]


sparsemax.register_autograd(_backward, setup_context=_keep)
for _op in (sparsemax, sparsemax_backward):
    _op.register_vmap(_over_seeds)
for _device in ("cpu", "cuda"):
    library.register_autocast("compose::sparsemax", _device, torch.float32)


def _chunks(x: Tensor) -> Iterator[slice]:
    """Slices of the first axis."""
    rows = max(1, CHUNK * x.shape[0] // max(1, x.numel()))
    return (slice(at, at + rows) for at in range(0, x.shape[0], rows))


def _threshold(columns: Tensor) -> Tensor:
    """``max_k (z_(1) + .. + z_(k) - 1) / k`` of every column [row column]."""
    ranked: list[Tensor] = list(columns.sort(0, descending=True)[0]) if len(columns) > SORTED else _sorted(columns)
    total = ranked[0] - 1
    best = total.clone()
    for k, row in enumerate(ranked[1:], 2):
        total += row
        torch.maximum(best, total / k, out=best)
    return best


def _sorted(columns: Tensor) -> list[Tensor]:
    """The rows of [row column], the largest of each column first."""
    rows = list(columns.clone().unbind(0))
    spare = torch.empty_like(rows[0])
    for i, j in _network(len(rows)):
        torch.maximum(rows[i], rows[j], out=spare)
        torch.minimum(rows[i], rows[j], out=rows[j])
        rows[i], spare = spare, rows[i]
    return rows


@lru_cache
def _network(rows: int) -> tuple[tuple[int, int], ...]:
    """Batcher's merge exchange sort: pairs to compare, in order."""
    pairs = []
    size = 1
    while size < rows:
        step = size
        while step >= 1:
            for start in range(step % size, rows - step, 2 * step):
                pairs += [(i, i + step) for i in range(start, min(start + step, rows - step))
                          if i // (2 * size) == (i + step) // (2 * size)]
            step //= 2
        size *= 2
    return tuple(pairs)
