"""Numbers for nodes that keep their distances and pull together: ranks and coordinates of a layered drawing.

Minimises the sum of ``weight (x[b] - x[a])`` over rules, subject to ``x[b] - x[a] >= gap`` for every rule (Gansner et
al., A Technique for Drawing Directed Graphs, 1993). The dual is a flow of least cost, which networkx solves; the
numbers are its potentials.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import networkx as nx

Name = TypeVar("Name", bound=Hashable)


class Contradiction(ValueError):
    """No numbers obey all rules."""


class Rule(NamedTuple):
    """``x[after] - x[before] >= gap``, each unit of the difference at the price ``weight``."""

    before: Hashable
    after: Hashable
    gap: int
    weight: int


def potentials(names: Sequence[Name], rules: Sequence[Rule]) -> dict[Name, int]:
    """A whole number for every name, best under the rules; the least of each connected part is 0.

    Raises:
        Contradiction: if no numbers obey all rules.
    """
    return dict(_solved(tuple(names), tuple(rules)))


@lru_cache(maxsize=4096)
def _solved(names: tuple[Name, ...], rules: tuple[Rule, ...]) -> dict[Name, int]:
    """Kept, for a panel is laid out twice, the second time with ports in another order and so mostly alike."""
    flow = nx.DiGraph()
    flow.add_nodes_from(names, demand=0)
    for rule in rules:
        a, b = rule.before, rule.after
        gap = max(rule.gap, -flow.edges[a, b]["weight"]) if flow.has_edge(a, b) else rule.gap
        flow.add_edge(a, b, weight=-gap)
        flow.nodes[a]["demand"] -= rule.weight
        flow.nodes[b]["demand"] += rule.weight
    found: dict[Name, int] = {}
    for part in nx.weakly_connected_components(flow):
        inside = nx.DiGraph()
        inside.add_nodes_from((n, flow.nodes[n]) for n in flow if n in part)
        inside.add_edges_from(e for e in flow.edges(data=True) if e[0] in part)
        found |= _tight(inside)
    return {name: found[name] for name in names}


def _tight(flow: nx.DiGraph) -> dict[Name, int]:
    """Potentials of a flow of least cost in one connected part: distances in what is left of it."""
    if nx.negative_edge_cycle(flow):  # network_simplex would not always end
        raise Contradiction
    _, used = nx.network_simplex(flow)
    left = nx.DiGraph()
    left.add_nodes_from(flow)
    for a, b, rule in flow.edges(data=True):
        left.add_edge(a, b, weight=min(rule["weight"], left.edges[a, b]["weight"] if left.has_edge(a, b) else 10**9))
        if used[a][b] > 0:
            back = left.edges[b, a]["weight"] if left.has_edge(b, a) else 10**9
            left.add_edge(b, a, weight=min(-rule["weight"], back))
    start = object()
    left.add_weighted_edges_from((start, node, 0) for node in flow)
    distances = nx.single_source_bellman_ford_path_length(left, start)
    numbers = {node: -round(distances[node]) for node in flow}
    least = min(numbers.values())
    return {node: number - least for node, number in numbers.items()}
