"""Who stands beside whom within a rank, so that few links cross: barycentres, sweep by sweep, then swaps."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24

Item = Hashable


@dataclass
class Layers:
    """Ranks of items from top to bottom, and what joins neighbouring ranks."""

    ranks: list[list[Item]]
    first: set[Item]
    """Items that stand before all others of their rank."""
    joins: list[tuple[Item, Item]]

    def items(self) -> list[Item]:
        return [item for rank in self.ranks for item in rank]


def order(layers: Layers) -> None:
    """Reorder the ranks in place; ``first`` items stay first. Deterministic."""
    above: dict[Item, list[Item]] = {item: [] for item in layers.items()}
    below: dict[Item, list[Item]] = {item: [] for item in layers.items()}
    for a, b in layers.joins:
        above[b].append(a)
        below[a].append(b)
    for rank in layers.ranks:
        rank.sort(key=lambda item: item not in layers.first)
    best, fewest = [list(rank) for rank in layers.ranks], crossings(layers.ranks, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        ranks = layers.ranks if down else layers.ranks[::-1]
        near = above if down else below
        for before, rank in pairwise(ranks):
            _settle(before, rank, near, layers.first, reverse=sweep % 4 > 1)
        _swap(layers, above, below)
        now = crossings(layers.ranks, below)
        if now < fewest:
            best, fewest = [list(rank) for rank in layers.ranks], now
        if not fewest:
            break
    layers.ranks[:] = best


def _settle(before: list[Item], rank: list[Item], near: dict[Item, list[Item]], first: set[Item], *,
            reverse: bool) -> None:
    """Sort a rank by the mean place of its neighbours in the one before; who has none stays where it is."""
    place = {item: i for i, item in enumerate(before)}
    middle = {item: sum(place[n] for n in near[item]) / len(near[item]) for item in rank if near[item]}
    moving = [item for item in rank if item in middle]
    if reverse:
        moving.reverse()
    moving.sort(key=lambda item: middle[item])
    turn = iter(moving)
    rank[:] = [next(turn) if item in middle else item for item in rank]
    rank.sort(key=lambda item: item not in first)


def _swap(layers: Layers, above: dict[Item, list[Item]], below: dict[Item, list[Item]]) -> None:
    """Swap neighbours while that removes crossings."""
    better = True
    while better:
        better = False
        for i, rank in enumerate(layers.ranks):
            up = {item: n for n, item in enumerate(layers.ranks[i - 1])} if i else {}
            down = {item: n for n, item in enumerate(layers.ranks[i + 1])} if i + 1 < len(layers.ranks) else {}
            for j in range(len(rank) - 1):
                a, b = rank[j], rank[j + 1]
                if (a in layers.first) != (b in layers.first):
                    continue
                ups = [[up[n] for n in above[x]] for x in (a, b)]
                downs = [[down[n] for n in below[x]] for x in (a, b)]
                now = _crossed(ups[0], ups[1]) + _crossed(downs[0], downs[1])
                then = _crossed(ups[1], ups[0]) + _crossed(downs[1], downs[0])
                if then < now:
                    rank[j], rank[j + 1], better = b, a, True


def _crossed(left: list[int], right: list[int]) -> int:
    return sum(x > y for x in left for y in right)


def crossings(ranks: list[list[Item]], below: dict[Item, list[Item]]) -> int:
    """How many pairs of links cross."""
    count = 0
    for rank, following in pairwise(ranks):
        place = {item: i for i, item in enumerate(following)}
        seen: list[int] = []
        for item in rank:
            ends = sorted(place[n] for n in below[item])
            for end in ends:
                count += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return count
