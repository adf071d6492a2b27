"""Sparsemax is the Euclidean projection onto the simplex, its gradient that of a mean over the support taken off."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor

from compose.graph.simplex import simplex, sparsemax


def rows(*shape: int, scale: float = 1.0, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale


def projection(z: Tensor) -> Tensor:
    """The nearest point of the simplex, over all faces: on each, the point with equal distances left over."""
    best, found = float("inf"), z
    for size in range(1, len(z) + 1):
        for face in combinations(range(len(z)), size):
            p = torch.zeros_like(z)
            p[list(face)] = z[list(face)] - (z[list(face)].sum() - 1) / size
            if (p >= 0).all() and float(((p - z) ** 2).sum()) < best:
                best, found = float(((p - z) ** 2).sum()), p
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_it_is_the_nearest_point_of_the_simplex(size: int, scale: float) -> None:
    for z in rows(50, size, scale=scale):
        torch.testing.assert_close(sparsemax(z, -1), projection(z), rtol=0, atol=1e-12)


def test_it_sums_to_one_with_exact_zeros() -> None:
    z = rows(200, 9)
    p = sparsemax(z, -1)
    assert (p >= 0).all()
    assert (p == 0).any()
    torch.testing.assert_close(p.sum(-1), torch.ones(200, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_shift_changes_nothing_and_float32_stays_exact_far_from_zero() -> None:
    z = rows(50, 6)
    torch.testing.assert_close(sparsemax(z + 1000, -1), sparsemax(z, -1), rtol=0, atol=1e-10)
    whole = torch.tensor([4000.0, 4000.0, 3999.5, 10.0])
    torch.testing.assert_close(sparsemax(whole, -1), torch.tensor([0.5, 0.5, 0.0, 0.0]))


def test_a_lead_of_one_takes_everything() -> None:
    z = rows(50, 5)
    best = z.argmax(-1, keepdim=True)
    led = z.scatter(-1, best, z.amax(-1, keepdim=True) + 1)
    assert torch.equal(sparsemax(led, -1), torch.zeros_like(z).scatter(-1, best, 1.0))


def test_order_and_dimension_do_not_matter() -> None:
    z, order = rows(7, 5, 3), torch.randperm(5)
    assert torch.equal(sparsemax(z, 1)[:, order], sparsemax(z[:, order], 1))
    assert torch.equal(sparsemax(z, 1), sparsemax(z.movedim(1, -1), -1).movedim(-1, 1))


def test_gradients_are_those_of_finite_differences() -> None:
    z = rows(20, 6).requires_grad_()
    torch.autograd.gradcheck(lambda x: sparsemax(x, -1), (z,))
    allowed = torch.rand(20, 6, generator=torch.Generator().manual_seed(1)) < 0.6
    torch.autograd.gradcheck(lambda x: simplex("sparsemax", x, allowed, -1), (z,))


@pytest.mark.parametrize("by", ["softmax", "sparsemax"])
def test_what_is_not_allowed_is_left_out(by: str) -> None:
    z, allowed = rows(30, 5), torch.rand(30, 5, generator=torch.Generator().manual_seed(2)) < 0.5
    allowed[0] = False
    p = simplex(by, z, allowed, -1)  # type: ignore[arg-type]
    assert not p[~allowed].any()
    assert not p[0].any()
    for row, mine, kept in zip(z, p, allowed, strict=True):
        if kept.any():
            torch.testing.assert_close(mine[kept], simplex(by, row[kept], True, -1))  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["softmax", "sparsemax"])
def test_rows_that_allow_nothing_have_no_gradient(by: str) -> None:
    z = rows(4, 5).float().requires_grad_()
    hidden = torch.zeros(4, 5, dtype=torch.bool)
    simplex(by, z, hidden, -1).square().sum().backward()  # type: ignore[arg-type, no-untyped-call]
    assert z.grad is not None
    assert not z.grad.any()
