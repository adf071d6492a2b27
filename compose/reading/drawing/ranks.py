"""Which rank a cell stands in: links short in sum, no rank wider than the page if that can be had cheaply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from compose.reading.drawing.potentials import Contradiction, Rule, potentials

Ranks = dict[str, int]
Triple = tuple[str, str, str]
"""Source, output, target of a link."""

TOP = "^"
"""Where ranks count from; no key of a box."""
EXCESS, LENGTH, DEEPER = 2.0, 5.0, 16.0
"""The price of a point too wide, of a link one rank longer, of one more rank."""
PASSING = 7.0
"""Room for a line that passes a rank."""
MOVES = 60


def ranks(cells: Mapping[str, float], links: Sequence[Triple], first: Collection[str], room: float) -> Ranks:
    """Rank of every cell.

    Args:
        cells: key -> width, gaps included.
        links: without loops.
        first: cells that stand on one side of all others, as far down as they go.
        room: width of the page.
    """
    page = _Page(cells, links, first, room)
    best = page.best([])
    pushed = [Rule(key, TOP, 0, 0) for key in cells if best[key] == 0][:1]  # what ranks count from stays
    score = page.score(best)
    for _ in range(MOVES):
        tries = [[*pushed, *rules] for rules in page.pushes(best)]
        scored = [(page.score(found), i, found) for i, rules in enumerate(tries) if (found := page.best(rules))]
        now, i, found = min(scored, key=lambda s: s[:2], default=(score, 0, best))
        if now >= score:
            break
        score, best, pushed = now, found, tries[i]
    return best


class _Page:
    """What is to be ranked."""

    def __init__(self, cells: Mapping[str, float], links: Sequence[Triple], first: Collection[str],
                 room: float) -> None:
        self.cells, self.links, self.first, self.room = cells, links, first, room
        entered = {target for _, _, target in links}
        self.rules = [Rule(TOP, key, 0, 0 if key in entered else 1) for key in cells]
        self.rules += [Rule(source, target, 1, 16) for source, _, target in links]

    def best(self, pushed: Sequence[Rule]) -> Ranks:
        """Ranks with the shortest links, some cells pushed; nothing where that cannot be."""
        try:
            found = potentials([TOP, *self.cells], [*self.rules, *pushed])
        except Contradiction:
            return {}
        least = min((found[key] for key in self.cells), default=0)
        return self.balanced({key: found[key] - least for key in self.cells})

    def pushes(self, found: Ranks) -> Iterator[list[Rule]]:
        """Every cell of the widest rank one rank up or down, or down while what it reads stays; none if it fits."""
        wide = self.widths(found)
        worst = max(range(len(wide)), key=lambda r: wide[r], default=0)
        if wide and wide[worst] > self.room:
            for key in (key for key in self.cells if found[key] == worst):
                down, read = Rule(TOP, key, worst + 1, 0), [source for source, _, target in self.links if target == key]
                yield [down]
                yield [down, *(Rule(source, TOP, -found[source], 0) for source in read)]
                if worst:
                    yield [Rule(key, TOP, 1 - worst, 0)]

    def widths(self, found: Ranks) -> list[float]:
        """Of every rank; beside ``first`` cells, the widest rank of those counts."""
        deep = max(found.values(), default=-1) + 1
        wide, side = [0.0] * deep, [0.0] * deep
        for key, across in self.cells.items():
            (side if key in self.first else wide)[found[key]] += across
        for (source, _), end in self._ends(found).items():
            for rank in range(found[source] + 1, end):
                wide[rank] += PASSING
        last = max((found[key] for key in self.first), default=-1)
        return [w + (max(side) if r <= last else 0.0) for r, w in enumerate(wide)]

    def _ends(self, found: Ranks) -> dict[tuple[str, str], int]:
        ends: dict[tuple[str, str], int] = {}
        for source, output, target in self.links:
            ends[source, output] = max(ends.get((source, output), 0), found[target])
        return ends

    def score(self, found: Ranks) -> float:
        """Less is better: excess width, length of links, number of ranks."""
        wide = self.widths(found)
        length = sum(found[target] - found[source] for source, _, target in self.links)
        over = [max(0.0, w - self.room) for w in wide]
        return EXCESS * (sum(over) + max([0.0, *over])) + LENGTH * length + DEEPER * len(wide)

    def balanced(self, found: Ranks) -> Ranks:
        """Who could stand elsewhere with links as short goes where there is most room."""
        wide = self.widths(found)
        for key, across in self.cells.items():
            above = [found[s] + 1 for s, _, t in self.links if t == key]
            below = [found[t] - 1 for s, _, t in self.links if s == key]
            if not above or len(above) != len(below):
                continue
            here, between = found[key], range(max(above), min(below) + 1)
            found[key] = min(between, key=lambda r: (wide[r] + across * (r != here), r))
            wide[here] -= across
            wide[found[key]] += across
        return _closed(found)


def _closed(found: Ranks) -> Ranks:
    """Without ranks in which no cell stands: all that read from above may have moved to where others are."""
    place = {rank: i for i, rank in enumerate(sorted(set(found.values())))}
    return {key: place[rank] for key, rank in found.items()}
