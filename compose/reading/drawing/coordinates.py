"""Places for ordered ranks, and the routes between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from compose.reading.drawing.curves import Point
from compose.reading.drawing.order import Layers
from compose.reading.drawing.potentials import Contradiction, Rule, potentials

APART, GAP, STEEP = 7.0, 10.0, 18.0
"""Between cells of a rank; between ranks at least; what long moves across may add to that."""
SCALE = 4
"""Coordinates are whole numbers of quarter points."""
LEFT, RIGHT, BORDER = "<", ">", "|"
"""The sides of the drawing, and where ``first`` cells end; no keys of boxes."""


@dataclass(frozen=True)
class Cell:
    """Something to place. ``first`` cells stand on one side of all others, as far down as they go; ``low`` ones at the
    foot of their rank."""

    key: str
    across: float
    down: float
    first: bool = False
    low: bool = False


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


@dataclass(frozen=True)
class Bend:
    """Where the links of one output pass a rank."""

    source: str
    output: str
    rank: int


Chain = list[str | Bend]
"""The cells and bends of a link."""
Chained = tuple[Link, Chain]


@dataclass(frozen=True)
class Layout:
    """Corners of cells, and what every link passes: straight stretches (from, to), which curves join."""

    cells: dict[str, Point]
    routes: list[list[tuple[Point, Point]]]
    across: float
    down: float
    border: Point | None
    """Where the ``first`` cells end: across and down. None if there are no others, or none at all."""


def coordinates(layers: Layers, cells: Sequence[Cell], links: Sequence[Chained], room: float) -> Layout:
    """Straight lines where possible, long links first; no wider than ``room``, else as narrow as it goes."""
    return _Sheet(layers, cells, links).layout(room)


class _Sheet:
    """One drawing."""

    def __init__(self, layers: Layers, cells: Sequence[Cell], links: Sequence[Chained]) -> None:
        self.layers, self.links = layers, links
        self.at = {cell.key: cell for cell in cells}
        self.rank = {item: i for i, rank in enumerate(layers.ranks) for item in rank}
        firsts = [i for i, rank in enumerate(layers.ranks) if any(x in layers.first for x in rank)]
        self.last = max(firsts, default=-1)
        """The last rank with a ``first`` cell."""

    def layout(self, room: float) -> Layout:
        across = self.across(room)
        deep = [max(map(self.down, rank)) for rank in self.layers.ranks]
        tops, foot = self.tops(across, deep)
        spare = {key: deep[self.rank[key]] - cell.down for key, cell in self.at.items()}
        corners = {key: (across[key], tops[self.rank[key]] + (spare[key] if cell.low else spare[key] / 2))
                   for key, cell in self.at.items()}
        routes = [self.route(link, chain, across, corners, tops, deep) for link, chain in self.links]
        others = any(not cell.first for cell in self.at.values())
        border = (across[BORDER], tops[self.last] + deep[self.last]) if self.last >= 0 and others else None
        return Layout(corners, routes, across[RIGHT], foot, border)

    def wide(self, item: object) -> float:
        return self.at[item].across if isinstance(item, str) else 0.0

    def down(self, item: object) -> float:
        return self.at[item].down if isinstance(item, str) else 0.0

    def across(self, room: float) -> Mapping[object, float]:
        """Where every cell starts and every bend is."""
        names, rules = self.pulls()
        names += [*self.layers.items(), LEFT, RIGHT, BORDER]
        rules += self.distances()
        try:
            found = potentials(names, [*rules, Rule(RIGHT, LEFT, -_whole(room), 0)])
        except Contradiction:
            found = potentials(names, [*rules, Rule(LEFT, RIGHT, 0, 1000)])
        return {name: (place - found[LEFT]) / SCALE for name, place in found.items()}

    def distances(self) -> list[Rule]:
        """What must stay apart."""
        rules = [Rule(LEFT, RIGHT, 0, 8), Rule(LEFT, BORDER, 0, 0), Rule(BORDER, RIGHT, 0, 0)]
        for i, rank in enumerate(self.layers.ranks):
            for a, b in pairwise(rank):
                thin = not isinstance(a, str) and not isinstance(b, str)
                rules.append(Rule(a, b, _whole(self.wide(a) + (APART / 2 if thin else APART)), 0))
            for item in rank:
                rules += [Rule(LEFT, item, 0, 0), Rule(item, RIGHT, _whole(self.wide(item)), 0)]
                if i <= self.last and item in self.layers.first:
                    rules.append(Rule(item, BORDER, _whole(self.wide(item) + APART), 0))
                elif i <= self.last:
                    rules.append(Rule(BORDER, item, _whole(APART), 0))
        return rules

    def pulls(self) -> tuple[list[object], list[Rule]]:
        """What would stand in one line, and how much it matters: long links are to be straight."""
        names: list[object] = []
        rules: list[Rule] = []
        for link, chain in self.links:
            for a, b in pairwise(chain):
                start = link.leaves if isinstance(a, str) else 0.0
                end = link.arrives if isinstance(b, str) else 0.0
                middle = (a, b, start, end)
                if middle not in names:
                    weight = (2, 4, 8)[isinstance(a, Bend) + isinstance(b, Bend)]
                    names.append(middle)
                    rules += [Rule(middle, a, -_whole(start), weight), Rule(middle, b, -_whole(end), weight)]
        return names, rules

    def tops(self, across: Mapping[object, float], deep: Sequence[float]) -> tuple[list[float], float]:
        """Where every rank starts, and where the last one ends: more room where lines move far across."""
        moves = [0.0] * len(deep)
        for link, chain in self.links:
            for a, b in pairwise(chain):
                start = across[a] + (link.leaves if isinstance(a, str) else 0.0)
                end = across[b] + (link.arrives if isinstance(b, str) else 0.0)
                moves[self.rank[a]] = max(moves[self.rank[a]], abs(end - start))
        tops, y = list[float](), 0.0
        for depth, move in zip(deep, moves, strict=True):
            tops.append(y)
            y += depth + GAP + min(STEEP, move * 0.08)
        return tops, tops[-1] + deep[-1] if tops else 0.0

    def route(self, link: Link, chain: Chain, across: Mapping[object, float], corners: Mapping[str, Point],
              tops: Sequence[float], deep: Sequence[float]) -> list[tuple[Point, Point]]:
        """The straight stretches of a link, from where it leaves to where it arrives."""
        (ax, ay), (bx, by) = corners[link.source], corners[link.target]
        start, end = (ax + link.leaves, ay + link.foot), (bx + link.arrives, by + link.top)
        if link.source == link.target:
            side = ax + self.wide(link.source) + APART / 2
            return [(start, (start[0], start[1] + 3)), ((side, start[1] + 3), (side, end[1] - 3)),
                    ((end[0], end[1] - 3), end)]
        low, high = self.rank[link.source], self.rank[link.target]
        between = [((across[b], tops[b.rank]), (across[b], tops[b.rank] + deep[b.rank]))
                   for b in chain if isinstance(b, Bend)]
        return [(start, (start[0], tops[low] + deep[low])), *between, ((end[0], tops[high]), end)]


def _whole(points: float) -> int:
    return round(points * SCALE)
