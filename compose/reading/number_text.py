"""Types and sizes of a graph as people read them."""

from __future__ import annotations

import math

from compose.graph.graph import Graph
from compose.graph.sizes import UnknownSize
from compose.language.axes import Axes, Type


def size(graph: Graph, axis: str) -> int | None:
    """Rows of an axis; None while symbolic (``batch`` and ``time`` always are)."""
    if axis.rstrip("'") in ("batch", "time"):
        return None
    try:
        return graph.table.size(axis)
    except UnknownSize:
        return None


def sized(graph: Graph, axes: Axes) -> str:
    """``batch time agent 8 embed 128``: every axis with its size, where that is known."""
    words = []
    for axis in axes:
        rows = size(graph, axis)
        words.append(axis if rows is None or axis == str(rows) else f"{axis} {rows}")
    return " ".join(words)


def typed(graph: Graph, kind: Type) -> str:
    """``bool[batch time agent 8 entity 16]``."""
    return f"{'' if kind.dtype == 'float' else kind.dtype}[{sized(graph, kind.axes)}]"


def count(graph: Graph, axes: Axes) -> int | None:
    """How many numbers a tensor over ``axes`` holds; None while a size is symbolic."""
    sizes = [size(graph, axis) for axis in axes]
    known = [s for s in sizes if s is not None]
    return math.prod(known) if len(known) == len(sizes) else None


def total(graph: Graph, network: str) -> int | None:
    """How many numbers the weights of a network hold; None while a size is symbolic."""
    counts = [count(graph, info.axes) for info in graph.weights.values() if info.network == network]
    known = [n for n in counts if n is not None]
    return sum(known) if len(known) == len(counts) else None
