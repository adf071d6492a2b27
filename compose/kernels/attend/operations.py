"""The operations of torch that the kernel computes, with their backward passes.

Rows of queries and of keys lie in their steps, [step query ...], or, where ``rows`` int64 [step query] says which (-1:
there is none), one after the other, [row ...]. A query that is not there has weights of zero, a key that is not there
is seen by none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, library

from compose.kernels.attend.kernel import LOOK, LOOK_BACK, READ, READ_BACK, run


@library.custom_op("compose::look", mutates_args=())
def look(q: Tensor, k: Tensor, mask: Tensor | None, query_rows: Tensor | None, key_rows: Tensor | None,
         scale: float) -> Tensor:
    """Weights of attention: ``softmax_e(scale q_a k_e)`` of every head over the keys that the mask shows; zeros where
    it shows none.

    Args:
        q: [step query head part], or rows of them.
        k: [step key head part], or rows of them; at most ``MOST`` keys.
        mask: bool [step query view key], any axis of size 1; views are masks on the same logits.

    Returns:
        [step query view head key].
    """
    q, k, (steps, queries, keys) = q.contiguous(), k.contiguous(), _slots(q, k, query_rows, key_rows)
    views = 1 if mask is None else mask.shape[2]
    found = q.new_empty(steps, queries, views, q.shape[-2], keys)
    run(LOOK, (steps, queries, views, *q.shape[-2:], keys), scale, (query_rows, key_rows), (q, k, found), mask)
    return found


@look.register_fake
def _(q: Tensor, k: Tensor, mask: Tensor | None, query_rows: Tensor | None, key_rows: Tensor | None,
      scale: float) -> Tensor:
    steps, queries, keys = _slots(q, k, query_rows, key_rows)
    return q.new_empty(steps, queries, 1 if mask is None else mask.shape[2], q.shape[-2], keys)


@library.custom_op("compose::look_backward", mutates_args=())
def look_backward(grad: Tensor, found: Tensor, q: Tensor, k: Tensor, query_rows: Tensor | None,
                  key_rows: Tensor | None, scale: float) -> tuple[Tensor, Tensor]:
    """Gradients of ``q`` and ``k``."""
    grad, q, k = grad.contiguous(), q.contiguous(), k.contiguous()
    to_q, to_k = torch.empty_like(q), torch.empty_like(k)
    steps, queries, views, heads, keys = found.shape
    run(LOOK_BACK, (steps, queries, views, heads, q.shape[-1], keys), scale, (query_rows, key_rows),
        (grad, found, q, k, to_q, to_k))
    return to_q, to_k


@look_backward.register_fake
def _(grad: Tensor, found: Tensor, q: Tensor, k: Tensor, query_rows: Tensor | None, key_rows: Tensor | None,
      scale: float) -> tuple[Tensor, Tensor]:
    return q.new_empty(q.shape), k.new_empty(k.shape)


@library.custom_op("compose::read", mutates_args=())
def read(w: Tensor, x: Tensor, query_rows: Tensor | None, key_rows: Tensor | None, like: Tensor | None) -> Tensor:
    """Sums of values under weights: ``y_a = sum_e w_ae x_e`` of every view and head.

    Args:
        w: [step query view head key].
        x: [step key head part], or rows of them.
        like: with ``query_rows``, a tensor with as many rows as there are queries.

    Returns:
        [step query view head part]; with ``query_rows`` [row view head part].
    """
    w, x = w.contiguous(), x.contiguous()
    steps, queries, views, heads, keys = w.shape
    found = _sums(w, x, like)
    run(READ, (steps, queries, views, heads, x.shape[-1], keys), 1.0, (query_rows, key_rows), (w, x, found))
    return found


@read.register_fake
def _(w: Tensor, x: Tensor, query_rows: Tensor | None, key_rows: Tensor | None, like: Tensor | None) -> Tensor:
    return _sums(w, x, like)


def _sums(w: Tensor, x: Tensor, like: Tensor | None) -> Tensor:
    """For what :func:`read` gives."""
    lead = w.shape[:2] if like is None else like.shape[:1]
    return w.new_empty(*lead, *w.shape[2:4], x.shape[-1])


@library.custom_op("compose::read_backward", mutates_args=())
def read_backward(grad: Tensor, w: Tensor, x: Tensor, query_rows: Tensor | None,
                  key_rows: Tensor | None) -> tuple[Tensor, Tensor]:
    """Gradients of ``w`` and ``x``."""
    grad, w, x = grad.contiguous(), w.contiguous(), x.contiguous()
    to_w, to_x = torch.empty_like(w), torch.empty_like(x)
    steps, queries, views, heads, keys = w.shape
    run(READ_BACK, (steps, queries, views, heads, x.shape[-1], keys), 1.0, (query_rows, key_rows),
        (grad, w, x, to_w, to_x))
    return to_w, to_x


@read_backward.register_fake
def _(grad: Tensor, w: Tensor, x: Tensor, query_rows: Tensor | None,
      key_rows: Tensor | None) -> tuple[Tensor, Tensor]:
    return w.new_empty(w.shape), x.new_empty(x.shape)


def _keep_look(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    q, k, _, query_rows, key_rows, ctx.scale = inputs
    ctx.save_for_backward(output, q, k, query_rows, key_rows)


def _look_back(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    return (*look_backward(grad, *ctx.saved_tensors, ctx.scale), None, None, None, None)


def _keep_read(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs[:4])


def _read_back(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    return (*read_backward(grad, *ctx.saved_tensors), None, None, None)


def _over_seeds(op: Any, info: Any, dims: tuple[int | None, ...], *given: Any) -> tuple[Any, Any]:
    """Under ``torch.func.vmap``: one after the other."""
    each = [op(*(x if dim is None else x.select(dim, i) for x, dim in zip(given, dims, strict=True)))
            for i in range(info.batch_size)]
    if isinstance(each[0], Tensor):
        return torch.stack(each), 0
    return tuple(torch.stack(parts) for parts in zip(*each, strict=True)), (0,) * len(each[0])


def _slots(q: Tensor, k: Tensor, query_rows: Tensor | None, key_rows: Tensor | None) -> tuple[int, int, int]:
    """How many steps, queries in each, and keys in each."""
    steps, queries = (q if query_rows is None else query_rows).shape[:2]
    return steps, queries, (k if key_rows is None else key_rows).shape[1]


look.register_autograd(_look_back, setup_context=_keep_look)
read.register_autograd(_read_back, setup_context=_keep_read)
for _op in (look, look_backward, read, read_backward):
    _op.register_vmap(lambda info, dims, *given, op=_op: _over_seeds(op, info, dims, *given))
for _name in ("look", "read"):
    library.register_autocast(f"compose::{_name}", "cpu", torch.float32)
