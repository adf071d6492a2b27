"""A program: the terms of everything it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from compose.compiler.terms.term import Term


@dataclass
class Terms:
    """A whole program: what it gives, by name."""

    roots: dict[str, Term]
    device: str = "cpu"
    """Where it will run."""

    def order(self) -> list[Term]:
        """Every term that is needed, operands first."""
        return ordered(self.roots.values())

    def uses(self) -> dict[Term, int]:
        """How often each term is read."""
        count = dict.fromkeys(self.order(), 0)
        for term in count:
            for operand in term.operands:
                count[operand] += 1
        for root in self.roots.values():
            count[root] += 1
        return count

    def rewritten(self, rewrite: Callable[[Term], Term]) -> Terms:
        """The program with ``rewrite`` applied to every term once, operands first (they are rewritten already)."""
        done: dict[Term, Term] = {}
        for term in self.order():
            done[term] = rewrite(term.with_operands(done[x] for x in term.operands))
        return replace(self, roots={name: done[root] for name, root in self.roots.items()})


def ordered(roots: Iterable[Term]) -> list[Term]:
    """The terms under ``roots``, operands before users, each once."""
    order: dict[Term, None] = {}
    for root in roots:
        stack = [(root, iter(root.operands))]
        while stack:
            term, operands = stack[-1]
            fresh = next((x for x in operands if x not in order), None) if term not in order else None
            if fresh is not None:
                stack.append((fresh, iter(fresh.operands)))
            else:
                order[term] = None
                stack.pop()
    return list(order)
