"""A layered layout of our own (Sugiyama): ranks, orders with few crossings, coordinates, routes.

It knows cells and links only. Ranks follow one another *down*; places within a rank count *across*. A link that spans
ranks passes each of them at a place of its own, so no route crosses a foreign cell; links of one output share these
places and look like one line that branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from compose.reading.drawing.coordinates import APART, Bend, Cell, Chain, Layout, Link, coordinates
from compose.reading.drawing.order import Layers, order
from compose.reading.drawing.ranks import Ranks, ranks


def layered(cells: Sequence[Cell], links: Sequence[Link], room: float) -> Layout:
    """Place cells and route links, no wider than ``room`` if that goes. Deterministic; loops are allowed."""
    at = {cell.key: cell for cell in cells}
    loops = _loops(cells, links)
    turned = [_turned(link, at) if loop else link for link, loop in zip(links, loops, strict=True)]
    straight = [link for link in turned if link.source != link.target]
    first = {cell.key for cell in cells if cell.first}
    rank = ranks({cell.key: cell.across + APART for cell in cells},
                 [(link.source, link.output, link.target) for link in straight], first, room)
    chains = [_chain(link, rank) for link in turned]
    layers = _layers(cells, chains, rank, first)
    order(layers)
    layout = coordinates(layers, cells, list(zip(turned, chains, strict=True)), room)
    for i, loop in enumerate(loops):
        if loop:
            layout.routes[i][:] = [(b, a) for a, b in reversed(layout.routes[i])]
    return layout


def _chain(link: Link, rank: Ranks) -> Chain:
    """A link's cells and what it passes between them."""
    between = range(rank[link.source] + 1, rank[link.target])
    return [link.source, *(Bend(link.source, link.output, i) for i in between), link.target]


def _layers(cells: Sequence[Cell], chains: Sequence[Chain], rank: Ranks, first: set[str]) -> Layers:
    """Cells and bends rank by rank. A bend is one of ``first`` if a link between two of those passes it."""
    layers = Layers([[] for _ in range(max(rank.values(), default=-1) + 1)], set(first), [])
    for cell in cells:
        layers.ranks[rank[cell.key]].append(cell.key)
    for chain in chains:
        inside = {chain[0], chain[-1]} <= first
        for item in chain:
            if isinstance(item, Bend):
                if item not in layers.ranks[item.rank]:
                    layers.ranks[item.rank].append(item)
                layers.first |= {item} if inside else set()
    joins = dict.fromkeys(pair for chain in chains for pair in pairwise(chain))
    layers.joins += [(a, b) for a, b in joins if a != b]
    return layers


def _turned(link: Link, at: dict[str, Cell]) -> Link:
    """A link that closes a loop, drawn from the foot of its target up to the top of its source."""
    down = at[link.target].down
    return Link(link.target, link.source, f"back {link.output}", link.arrives, link.leaves, down, 0.0)


def _loops(cells: Sequence[Cell], links: Sequence[Link]) -> list[bool]:
    """Which links close a loop (depth first, in the given order)."""
    after: dict[str, list[str]] = {cell.key: [] for cell in cells}
    for link in links:
        after[link.source].append(link.target)
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    entered = {link.target for link in links}
    for root in sorted(after, key=lambda key: key in entered):
        stack = [(root, iter(after[root]))] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
            elif state.get(following) == 1:
                back.add((node, following))
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(after[following])))
    return [(link.source, link.target) in back and link.source != link.target for link in links]
