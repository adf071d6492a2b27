"""Which rows of a tensor matter: those of steps that a loss counts, a few more, or all."""

from __future__ import annotations

from math import inf

from compose.compiler.terms import Term, Terms
from compose.compiler.terms.joined import EPISODES


def needed_steps(terms: Terms) -> dict[Term, float]:
    """For every term: how many steps after an episode's last one its rows are read; ``inf``: wherever they are."""
    found: dict[Term, float] = {}
    for root in terms.roots.values():
        found[root] = inf if set(EPISODES) & set(root.axes) else 0
    for term in reversed(terms.order()):
        for place, operand in enumerate(term.operands):
            found[operand] = max(found.get(operand, 0), term.op.reads_steps(term, place, found[term]))
    return found
