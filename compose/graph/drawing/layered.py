"""A layered layout of our own (Sugiyama): ranks, orders with few crossings, coordinates, routes.

It knows cells and links only. Ranks follow one another *down*; places within a rank count *across*. A link that spans
ranks passes each of them at a place of its own, so no route crosses a foreign cell; links of one output share these
places and look like one line that branches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compose.graph.drawing.curves import Point
from compose.graph.drawing.order import Layers, order
from compose.graph.drawing.potentials import Rule, potentials
from compose.graph.drawing.ranks import ranks

APART, GAP, WIDE = 8.0, 13.0, 24.0
"""Between cells of a rank; between ranks, at least, and what long curves may add."""
SCALE = 4
"""Coordinates are whole numbers of quarter points."""


@dataclass(frozen=True)
class Cell:
    """Something to place. ``first`` cells stand on one side of all others, as long as they last."""

    key: str
    across: float
    down: float
    first: bool = False


@dataclass(frozen=True)
class Link:
    """From an output of one cell to a port of another, each with its offset across; ``foot`` and ``top``
    say how far down in the cells it leaves and arrives."""

    source: str
    target: str
    output: str
    leaves: float
    arrives: float
    foot: float
    top: float


Bend = tuple[str, str, int]
"""Where links of one output pass a rank: source, output, rank."""


@dataclass(frozen=True)
class Layout:
    """Corners of cells, and for each link the points it passes: straight within ranks, curved between them."""

    cells: dict[str, Point]
    routes: list[list[tuple[Point, Point]]]
    """For every link, straight stretches (from, to) along the way down; curves join them."""
    across: float
    down: float
    border: Point | None
    """Where the ``first`` cells end: across and down. None if there are no others, or none at all."""


def layered(cells: Sequence[Cell], links: Sequence[Link], room: float = 480.0) -> Layout:
    """Place cells and route links, no wider than ``room`` if that goes. Deterministic; loops are allowed."""
    at = {cell.key: cell for cell in cells}
    turned = [_turned(link, at[link.target].down) if loop else link for link, loop in zip(links, _loops(cells, links), strict=True)]
    wide = {cell.key: cell.across + APART for cell in cells}
    rank = ranks(wide, [(x.source, x.output, x.target) for x in turned if x.source != x.target], room)
    chains, bends = [], dict[Bend, bool]()
    for link in turned:
        between = range(rank[link.source] + 1, rank[link.target])
        chain = [(link.source, link.output, i) for i in between]
        for bend in chain:
            bends[bend] = bends.get(bend, False) or (at[link.source].first and at[link.target].first)
        chains.append([link.source, *chain, link.target])
    layers = Layers([[] for _ in range(max(rank.values(), default=0) + 1)], set(), [])
    for cell in cells:
        layers.ranks[rank[cell.key]].append(cell.key)
    for bend in bends:
        layers.ranks[bend[2]].append(bend)
    layers.first |= {cell.key for cell in cells if cell.first} | {bend for bend, first in bends.items() if first}
    layers.joins += dict.fromkeys((a, b) for chain in chains for a, b in zip(chain, chain[1:], strict=False))
    order(layers)
    across = _across(layers, at, turned, chains)
    return _finish(layers, at, links, turned, chains, across)


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
    return [(link.source, link.target) in back for link in links]


def _turned(link: Link, down: float) -> Link:
    """A link that closes a loop, drawn from the foot of its target up to the top of its source."""
    return Link(link.target, link.source, f"back {link.output}", link.arrives, link.leaves, down, 0.0)


def _across(layers: Layers, at: Mapping[str, Cell], links: Sequence[Link],
            chains: Sequence[list[str | Bend]]) -> dict[str | Bend, float]:
    """Places across: straight lines where possible, long links first, and not wider than needed."""
    names: list[object] = [item for rank in layers.ranks for item in rank]
    rules: list[Rule] = []

    def wide(item: object) -> float:
        return at[item].across if isinstance(item, str) else 0.0

    last = max((i for i, rank in enumerate(layers.ranks) if any(x in layers.first for x in rank)), default=-1)
    for i, rank in enumerate(layers.ranks):
        for a, b in zip(rank, rank[1:], strict=False):
            rules.append(Rule(a, b, _whole(wide(a) + APART * (0.6 if not isinstance(a, str) else 1)), 0))
        for item in rank if i <= last else ():
            inside = item in layers.first
            rules.append(Rule(item, "|", _whole(wide(item) + APART), 0) if inside else Rule("|", item, _whole(APART), 0))
        for item in rank:
            rules += [Rule("<", item, 0, 0), Rule(item, ">", _whole(wide(item)), 0)]
    names += ["<", ">", *(["|"] if last >= 0 else [])]
    rules.append(Rule("<", ">", 0, 8))
    held: dict[tuple[object, object], int] = {}
    for link, chain in zip(links, chains, strict=True):
        for a, b in zip(chain, chain[1:], strict=False):
            middle = (a, b, link.leaves if isinstance(a, str) else 0, link.arrives if isinstance(b, str) else 0)
            if middle in held:
                continue
            held[middle] = 1
            names.append(middle)
            weight = 2 if isinstance(a, str) and isinstance(b, str) else 4 if isinstance(a, str) or isinstance(b, str) else 8
            rules += [Rule(middle, a, -_whole(middle[2]), weight), Rule(middle, b, -_whole(middle[3]), weight)]
    found = potentials(names, rules)
    least = found["<"]
    return {name: (found[name] - least) / SCALE for name in (*layers.items(), "<", ">", *(["|"] if last >= 0 else []))}


def _whole(points: float) -> int:
    return round(points * SCALE)


def _finish(layers: Layers, at: Mapping[str, Cell], links: Sequence[Link], turned: Sequence[Link],
            chains: Sequence[list[str | Bend]], across: Mapping[str | Bend, float]) -> Layout:
    deep = [max((at[x].down for x in rank if isinstance(x, str)), default=0.0) for rank in layers.ranks]
    tops, y = [], 0.0
    moves = [0.0] * len(deep)
    rank_of = {item: i for i, rank in enumerate(layers.ranks) for item in rank}
    for link, chain in zip(turned, chains, strict=True):
        for a, b in zip(chain, chain[1:], strict=False):
            shift = across[b] + (link.arrives if isinstance(b, str) else 0) - across[a] - (link.leaves if isinstance(a, str) else 0)
            moves[rank_of[a]] = max(moves[rank_of[a]], abs(shift))
    for depth, move in zip(deep, moves, strict=True):
        tops.append(y)
        y += depth + GAP + min(WIDE, move * 0.09)
    corners = {key: (across[key], tops[rank_of[key]] + (deep[rank_of[key]] - cell.down) / 2) for key, cell in at.items()}
    routes = []
    for link, old, chain in zip(turned, links, chains, strict=True):
        route: list[tuple[Point, Point]] = []
        for item in chain:
            top = tops[rank_of[item]]
            foot = top + deep[rank_of[item]]
            if isinstance(item, str):
                cell, (x, corner) = at[item], corners[item]
                x += link.leaves if item == chain[0] else link.arrives
                route.append(((x, corner + link.foot), (x, foot)) if item == chain[0] else ((x, top), (x, corner + link.top)))
            else:
                route.append(((across[item], top), (across[item], foot)))
        if (link.source, link.target) != (old.source, old.target):
            route = [(b, a) for a, b in reversed(route)]
        routes.append(route)
    last = max((i for i, rank in enumerate(layers.ranks) if any(x in layers.first for x in rank)), default=-1)
    others = any(not cell.first for cell in at.values())
    border = (across["|"], tops[last] + deep[last]) if last >= 0 and others else None
    foot = tops[-1] + deep[-1] if tops else 0.0
    return Layout(corners, routes, across[">"] if at else 0.0, foot, border)
