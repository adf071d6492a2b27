"""Points of the simplex from logits: softmax and sparsemax, where a mask allows it. Plain torch operations."""

from __future__ import annotations

from typing import Any

from compose.language.operation import By

HIDDEN = -1e30
"""A logit that takes no part; finite, so that no gradient becomes NaN."""


def simplex(by: By, logits: Any, allowed: Any, dim: int) -> Any:
    """Numbers along ``dim`` that are not negative and sum to one, zeros where not allowed.

    ``allowed`` broadcasts against ``logits`` and may be ``True`` (everything). A row that allows nothing is all zeros.
    """
    onto = sparsemax if by == "sparsemax" else _softmax
    if allowed is True:
        return onto(logits, dim)
    hidden = ~allowed
    return onto(logits.masked_fill(hidden, HIDDEN), dim).masked_fill(hidden, 0.0)


def _softmax(logits: Any, dim: int) -> Any:
    return logits.softmax(dim)


def sparsemax(logits: Any, dim: int) -> Any:
    """The point of the simplex next to ``logits`` (Martins and Astudillo 2016): ``max(z - tau, 0)``.

    ``tau = max_k (z_(1) + .. + z_(k) - 1) / k`` over the k largest (Held et al. 1974). The gradient of the result is
    that of ``z_i - mean of z over the support`` on the support, zero elsewhere.
    """
    z = logits - logits.detach().amax(dim, keepdim=True)
    ranked = z.detach().sort(dim, descending=True)[0]
    tau = ((ranked.cumsum(dim) - 1) / ranked.new_ones(()).expand_as(ranked).cumsum(dim)).amax(dim, keepdim=True)
    outside = z.detach() <= tau
    size = (~outside).sum(dim, keepdim=True)
    inside = z.masked_fill(outside, 0.0)
    return (z - (inside.sum(dim, keepdim=True) - 1) / size).masked_fill(outside, 0.0)
