"""Tensors by axis name: bring a tensor's dimensions into a wanted order. Plain tensor methods, no torch import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compose.language.axes import Axes, Type


def align(x: Any, have: Axes, want: Axes) -> Any:
    """``x`` with axes ``have`` as a tensor over ``want``; axes it lacks get size 1, so that it broadcasts.

    Numbers and truth values pass through. ``have`` must be a subset of ``want``.
    """
    if isinstance(x, bool | int | float) or have == want:
        return x
    order = [have.index(a) for a in want if a in have]
    if order != sorted(order):
        x = x.permute(*order)
    for i, axis in enumerate(want):
        if axis not in have:
            x = x.unsqueeze(i)
    return x


def spread(tensors: Sequence[Any], kinds: Sequence[Type], want: Axes) -> list[Any]:
    """Every tensor expanded to all axes of ``want`` that any of them has (the last axis of ``want`` stays its own).

    Sizes are read off the tensors, so that nothing depends on how long the batch is.
    """
    sizes = []
    for axis in want[:-1]:
        x, kind = next((x, k) for x, k in zip(tensors, kinds, strict=True) if axis in k.axes[:-1])
        sizes.append(x.shape[kind.axes.index(axis)])
    aligned = [align(x, (*k.axes[:-1], want[-1]), want) for x, k in zip(tensors, kinds, strict=True)]
    return [x.expand(*sizes, x.shape[-1]) for x in aligned]
