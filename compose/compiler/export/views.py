"""Views of tensors that keep their elements in order: what they are, and how to write several of them as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import fx

Shape = tuple[tuple[int, int], ...]
"""Every size of a tensor, in two runs with different batches."""
Shapes = dict[fx.Node, Shape]

View = tuple[str, tuple[Any, ...]]
"""A method of tensors (or ``getitem``) and its arguments; :data:`BATCH` among them stands for the size of the batch."""

BATCHES = (2, 3)
BATCH = "batch"
ONE = (1, 1)
MOVES = {"transpose", "permute", "movedim"}
VIEWS = {"reshape", "view", "flatten", "unflatten", "unsqueeze", "squeeze", "select", "expand", "narrow", "pad", *MOVES}


def viewed(node: fx.Node, shapes: Shapes) -> fx.Node | None:
    """What a node is a view of, elements in the same order; None if it is none."""
    kind = str(node.target) if node.op == "call_method" else getattr(node.target, "__name__", "")
    source = node.args[0] if node.args else None
    if kind not in VIEWS or not isinstance(source, fx.Node) or source not in shapes:
        return None
    if _count(shapes[source]) != _count(shapes[node]):
        return None
    if kind == "pad" and any(node.args[1]):  # type: ignore[arg-type]
        return None  # cut at one end, padded at the other
    return None if kind in MOVES and not _in_order(node, shapes[source]) else source


def as_one_view(have: Shape, want: Shape) -> View | None:
    """How to make a tensor of shape ``want`` from one of shape ``have`` in one readable step, if that can be."""
    index = _inserted(want, have)
    if index is not None and index.count(None) > 1:
        return "getitem", (_short(index),)
    for method, spread in (("unsqueeze", index), ("squeeze", _inserted(have, want))):
        if spread is not None:
            places = tuple(i for i, entry in enumerate(spread) if entry is None)
            return method, (places[0] if len(places) == 1 else places,)
    if len(want) < len(have):
        start, end = _differing(have, want)
        if _count(have[start:end]) == _count(want[start : start + 1]):
            return "flatten", (start, end - 1 - len(have))
    if len(want) > len(have):
        start, end = _differing(want, have)
        part = want[start:end]
        known = all(a == b or (a, b) == BATCHES for a, b in part)
        if known and _count(part) == _count(have[start : start + 1]):
            return "unflatten", (start, tuple(a if a == b else BATCH for a, b in part))
    return None


def _inserted(long: Shape, short: Shape) -> list[slice | None] | None:
    """Index that makes ``long`` from ``short`` by new axes of size 1; None if it is not made so."""
    index: list[slice | None] = []
    rest = list(short)
    for size in long:
        if rest and size == rest[0]:
            rest.pop(0)
            index.append(slice(None))
        elif size == ONE:
            index.append(None)
        else:
            return None
    return None if rest or None not in index else index


def _short(index: list[slice | None]) -> tuple[slice | None, ...]:
    """Without the full slices at the end."""
    last = max(i for i, entry in enumerate(index) if entry is None)
    return tuple(index[: last + 1])


def _differing(long: Shape, short: Shape) -> tuple[int, int]:
    """Which sizes of the longer shape stand for one of the shorter, if one does."""
    start = next((i for i, size in enumerate(short) if long[i] != size), len(short) - 1)
    return start, start + len(long) - len(short) + 1


def _in_order(node: fx.Node, shape: Shape) -> bool:
    """Whether a permutation moves only axes of size 1."""
    sizes = [a for a, _ in shape]
    numbered = torch.arange(_count(shape)[0]).reshape(sizes)
    moved = getattr(numbered, str(node.target))(*node.args[1:], **node.kwargs)
    return torch.equal(moved.flatten(), numbered.flatten())


def _count(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    first = second = 1
    for a, b in sizes:
        first, second = first * a, second * b
    return first, second
