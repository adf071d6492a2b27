"""How alike vectors are, each against all, as one operation of torch with its own backward pass.

Products of so few vectors with one another are many small matrices; a chunk of them at a time stays in the caches, and
what the backward pass needs of a softmax and its gradient is one symmetric matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, library

CHUNK = 1 << 18
"""Numbers worked on at a time."""


@library.custom_op("compose::contrast", mutates_args=())
def contrast(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """``-mean_n log softmax_m(z_n . z_m)[n]`` of vectors z [... row in], and what the backward pass needs.

    Returns:
        the mean [...]; and S [... row row'], symmetric, with which the gradient of z is ``S z``.
    """
    *lead, rows, _ = vectors.shape
    mean, pull = vectors.new_empty(lead), vectors.new_empty((*lead, rows, rows))
    for at in _chunks(vectors):
        z = vectors[at].contiguous().view(-1, *vectors.shape[-2:])
        products = torch.bmm(z, z.transpose(1, 2), out=pull[at].view(-1, rows, rows))
        top = products.logsumexp(-1, keepdim=True)
        own = products.diagonal(dim1=1, dim2=2)
        torch.mean(top.squeeze(-1) - own, -1, out=mean[at].view(-1))
        products.sub_(top).exp_().diagonal(dim1=1, dim2=2).sub_(1)
        products.add_(products.mT.clone()).div_(rows)
    return mean, pull


@contrast.register_fake
def _(vectors: Tensor) -> tuple[Tensor, Tensor]:
    *lead, rows, _ = vectors.shape
    return vectors.new_empty(lead), vectors.new_empty((*lead, rows, rows))


@library.custom_op("compose::contrast_backward", mutates_args=())
def contrast_backward(grad: Tensor, vectors: Tensor, pull: Tensor) -> Tensor:
    """``g S z``, laid out as z is."""
    back = torch.empty_like(vectors)
    for at in _chunks(vectors):
        z = vectors[at].contiguous().view(-1, *vectors.shape[-2:])
        s = (pull[at] * grad[at][..., None, None]).view(-1, *pull.shape[-2:])
        back[at].copy_(torch.bmm(s, z).view(vectors[at].shape))
    return back


@contrast_backward.register_fake
def _(grad: Tensor, vectors: Tensor, pull: Tensor) -> Tensor:
    return torch.empty_like(vectors)


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(*inputs, output[1])


def _backward(ctx: Any, grad: Tensor, _: Tensor) -> Tensor:
    back: Tensor = contrast_backward(grad, *ctx.saved_tensors)
    return back


def _over_seeds(info: Any, dims: tuple[int | None, ...],
                vectors: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[int, int]]:
    """Under ``torch.func.vmap``: rows are rows."""
    mean, pull = contrast(vectors.movedim(dims[0] or 0, 0))
    return (mean, pull), (0, 0)


def _chunks(x: Tensor) -> Iterator[Any]:
    """Slices of the first axis; all at once where there is none before the rows."""
    if x.dim() == 2:
        yield ...
        return
    rows = max(1, CHUNK * x.shape[0] // max(1, x.numel()))
    yield from (slice(at, at + rows) for at in range(0, x.shape[0], rows))


contrast.register_autograd(_backward, setup_context=_keep)
contrast.register_vmap(_over_seeds)
for _device in ("cpu", "cuda"):
    library.register_autocast("compose::contrast", _device, torch.float32)
