"""Which rank a cell stands in: links short in sum, no rank wider than the page if that can be had cheaply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compose.graph.drawing.potentials import Contradiction, Rule, potentials

TOP = "^"
"""Where ranks count from; no key of a box."""
LENGTH, DEEPER = 7.0, 24.0
"""What a link one rank longer, and one more rank, are worth in points of a rank's excess width."""
PASSING = 7.0
"""Room for a line that passes a rank."""
MOVES = 40


def ranks(cells: Mapping[str, float], links: Sequence[tuple[str, str, str]], room: float) -> dict[str, int]:
    """Rank of every cell.

    Args:
        cells: key -> width, gaps included.
        links: (source, output, target), without loops.
        room: width of the page.
    """
    pushed: list[Rule] = []
    best = _best(cells, links, pushed)
    score = _score(best, cells, links, room)
    for _ in range(MOVES):
        wide = _widths(best, cells, links)
        worst = max(range(len(wide)), key=lambda r: wide[r], default=0)
        if not wide or wide[worst] <= room:
            break
        tries = [[*pushed, rule] for key in cells if best[key] == worst
                 for rule in (Rule(TOP, key, worst + 1, 0), Rule(key, TOP, 1 - worst, 0)) if worst or rule.before == TOP]
        scored = [(_score(found, cells, links, room), i, found) for i, rules in enumerate(tries)
                  if (found := _try(cells, links, rules))]
        now, i, found = min(scored, key=lambda s: s[:2], default=(score, 0, best))
        if now >= score:
            break
        score, best, pushed = now, found, tries[i]
    return _balanced(best, cells, links)


def _best(cells: Mapping[str, float], links: Sequence[tuple[str, str, str]], pushed: Sequence[Rule]) -> dict[str, int]:
    entered = {target for _, _, target in links}
    rules = [Rule(TOP, key, 0, 0 if key in entered else 1) for key in cells]
    rules += [Rule(source, target, 1, 16) for source, _, target in links]
    found = potentials([TOP, *cells], [*rules, *pushed])
    least = min((found[key] for key in cells), default=0)
    return {key: found[key] - least for key in cells}


def _try(cells: Mapping[str, float], links: Sequence[tuple[str, str, str]], pushed: Sequence[Rule]) -> dict[str, int]:
    """The best ranks with these cells pushed; nothing where that cannot be."""
    try:
        return _best(cells, links, pushed)
    except Contradiction:
        return {}


def _widths(found: Mapping[str, int], cells: Mapping[str, float], links: Sequence[tuple[str, str, str]]) -> list[float]:
    wide = [0.0] * (max(found.values(), default=-1) + 1)
    for key, across in cells.items():
        wide[found[key]] += across
    ends: dict[tuple[str, str], int] = {}
    for source, output, target in links:
        ends[source, output] = max(ends.get((source, output), 0), found[target])
    for (source, _), end in ends.items():
        for rank in range(found[source] + 1, end):
            wide[rank] += PASSING
    return wide


def _score(found: Mapping[str, int], cells: Mapping[str, float], links: Sequence[tuple[str, str, str]],
           room: float) -> float:
    wide = _widths(found, cells, links)
    length = sum(found[target] - found[source] for source, _, target in links)
    return sum(max(0.0, w - room) for w in wide) + 2 * max([room, *wide]) + LENGTH * length + DEEPER * len(wide)


def _balanced(found: dict[str, int], cells: Mapping[str, float], links: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Who could stand elsewhere with links as short goes where there is most room."""
    wide = _widths(found, cells, links)
    for key, across in cells.items():
        above = [found[s] + 1 for s, _, t in links if t == key]
        below = [found[t] - 1 for s, _, t in links if s == key]
        if not above or len(above) != len(below):
            continue
        here = found[key]
        found[key] = min(range(max(above), min(below) + 1), key=lambda r: (wide[r] + across * (r != here), r))
        wide[here] -= across
        wide[found[key]] += across
    return found
