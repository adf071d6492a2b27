"""Attention in C++ is attention: values, gradients, rows that lie apart, any sizes, any number of threads."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.kernels import attend

pytestmark = pytest.mark.skipif(not attend.there(), reason="no C++ compiler")


def written_out(q: Tensor, k: Tensor, x: Tensor, mask: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Weights and sums, as one writes them in torch."""
    logits = torch.einsum("sahd,sehd->sahe", q, k)[:, :, None] * scale
    shown = mask[:, :, :, None].expand(*mask.shape[:3], q.shape[2], k.shape[1])
    weights = logits.masked_fill(~shown, -1e30).softmax(-1).masked_fill(~shown, 0.0)
    return weights, torch.einsum("savhe,sehd->savhd", weights, x)


def laid(x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """The rows that are there, one after the other, and where they lie."""
    rows = torch.full(there.shape, -1)
    rows[there] = torch.arange(int(there.sum()))
    return x[there], rows


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 150), queries=st.integers(1, 5), views=st.integers(1, 3),
       heads=st.integers(1, 3), part=st.sampled_from([1, 5, 8, 16, 20, 32]), keys=st.integers(1, 9),
       apart=st.booleans(), wide=st.booleans())
def test_values_and_gradients(seed: int, steps: int, queries: int, views: int, heads: int, part: int, keys: int,
                              apart: bool, wide: bool) -> None:
    torch.manual_seed(seed)
    dtype, far = (torch.float64, 1e-12) if wide else (torch.float32, 2e-5)
    q, k, x = (torch.randn(steps, n, heads, part, dtype=dtype, requires_grad=True) for n in (queries, keys, keys))
    agents, entities = torch.rand(steps, queries) < 0.7, torch.rand(steps, keys) < 0.7
    if not apart:
        agents, entities = torch.ones_like(agents), torch.ones_like(entities)
    mask = (torch.rand(steps, queries, views, keys) < 0.6) & entities[:, None, None] & agents[:, :, None, None]
    weights, sums = written_out(q, k, x, mask, 0.3)
    grad = torch.randn_like(sums) * agents[:, :, None, None, None]
    wanted = torch.autograd.grad(sums, (q, k, x), grad)

    if apart:
        (q_laid, q_rows), (k_laid, k_rows), (x_laid, _) = laid(q, agents), laid(k, entities), laid(x, entities)
        found = attend.look(q_laid, k_laid, mask, q_rows, k_rows, 0.3)
        read = attend.read(found, x_laid, q_rows, k_rows, q_laid)
        torch.testing.assert_close(read, sums[agents], rtol=far, atol=far)
        given_back = torch.autograd.grad(read, (q, k, x), grad[agents])
    else:
        found = attend.look(q, k, mask, None, None, 0.3)
        read = attend.read(found, x, None, None, None)
        torch.testing.assert_close(read, sums, rtol=far, atol=far)
        given_back = torch.autograd.grad(read, (q, k, x), grad)
    torch.testing.assert_close(found, weights, rtol=far, atol=far)
    for one, other in zip(given_back, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=far, atol=far)


def test_threads_change_no_bit() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(700, 8, 4, 32, requires_grad=True), torch.randn(700, 16, 4, 32, requires_grad=True)
    mask, found = torch.rand(700, 8, 1, 16) < 0.5, []
    before = torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            read = attend.read(attend.look(q, k, mask, None, None, 0.2), k, None, None, None)
            found.append((read, *torch.autograd.grad(read.square().sum(), (q, k))))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_masks_of_size_one_are_those_of_all() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(70, 3, 2, 8), torch.randn(70, 4, 2, 8)
    for shape in ((1, 1, 1, 4), (70, 1, 1, 4), (1, 3, 1, 4), (70, 3, 1, 1)):
        mask = torch.rand(shape) < 0.6
        whole = mask.expand(70, 3, 1, 4).contiguous()
        assert torch.equal(attend.look(q, k, mask, None, None, 1.0), attend.look(q, k, whole, None, None, 1.0))


def test_extreme_numbers() -> None:
    q = torch.tensor([1.0, 1e19, torch.nan, 0.0]).view(4, 1, 1, 1)
    k = torch.tensor([0.0, -500.0, 3e18]).view(1, 3, 1, 1).expand(4, 3, 1, 1)
    found = attend.look(q, k, None, None, None, 1.0)[:, 0, 0, 0]
    assert found[0].tolist() == [0, 0, 1]
    assert found[1].tolist() == [0, 0, 1]
    assert found[2].isnan().all()
    torch.testing.assert_close(found[3], torch.full((3,), 1 / 3))


def test_seeds_side_by_side() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(3, 70, 2, 2, 8), torch.randn(70, 4, 2, 8)

    def loss(q: Tensor, k: Tensor) -> Tensor:
        return attend.read(attend.look(q, k, None, None, None, 1.0), k, None, None, None).square().sum()

    q.requires_grad_()
    together = torch.func.vmap(loss, in_dims=(0, None))(q, k)
    alone = torch.stack([loss(one, k) for one in q])
    assert torch.equal(together, alone)
    (one,), (other,) = (torch.autograd.grad(x.sum(), q) for x in (together, alone))
    assert torch.equal(one, other)
