"""The cheapest order in which to multiply the factors of a product."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations

from compose.compiler.terms import Constant, Term
from compose.compiler.terms.product import Product, result_order
from compose.language.axes import Axes

MOVE = 32
"""What reading or writing a number costs, in multiplications: processors compute faster than they fetch."""

BATCHED = 2
"""How much slower many small matrix products are than a large one."""

MOST = 10
"""Factors; products of more stay as they are."""


def ordered_product(term: Term) -> Term:
    """A product of many factors as products of two; each gives its axes in the order that costs no copy."""
    assert isinstance(term.op, Product)
    if term.op.bias or not 2 <= len(term.operands) <= MOST:
        return term
    tree = _Search(term).best(frozenset(range(len(term.operands))))[1]
    return _built(term, tree)


Tree = int | tuple["Tree", "Tree"]


class _Search:
    """Dynamic programming over sets of factors."""

    def __init__(self, term: Term) -> None:
        assert isinstance(term.op, Product)
        self.labels, self.out, self.sizes = term.op.labels, set(term.op.out), term.op.sizes(term)
        self.best = lru_cache(maxsize=None)(self._best)

    def _best(self, chosen: frozenset[int]) -> tuple[float, Tree]:
        if len(chosen) == 1:
            return 0.0, next(iter(chosen))
        first, *rest = sorted(chosen)
        found: tuple[float, Tree] | None = None
        for n in range(len(rest)):
            for others in combinations(rest, n):
                left = frozenset((first, *others))
                right = chosen - left
                (a, x), (b, y) = self.best(left), self.best(right)
                cost = a + b + self._cost(left, right)
                if found is None or cost <= found[0]:
                    found = cost, (x, y)
        assert found is not None
        return found

    def kept(self, chosen: frozenset[int]) -> set[str]:
        """Labels of the product of some factors: what the others or the result still need."""
        mine = {a for i in chosen for a in self.labels[i]}
        others = {a for i in range(len(self.labels)) if i not in chosen for a in self.labels[i]}
        return mine & (others | self.out)

    def _cost(self, left: frozenset[int], right: frozenset[int]) -> float:
        x, y, z = self.kept(left), self.kept(right), self.kept(left | right)
        flops = 2 * self._size(x | y) * (BATCHED if x & y & z else 1)
        return flops + MOVE * (self._size(x) + self._size(y) + 2 * self._size(z))

    def _size(self, labels: set[str]) -> int:
        return math.prod(self.sizes[a] for a in labels)


def _built(term: Term, tree: Tree) -> Term:
    assert isinstance(term.op, Product)
    op, names = term.op, _axis_names(term)
    everything = [{*labels} for labels in op.labels]

    def build(tree: Tree) -> tuple[Term, Axes, set[int]]:
        if isinstance(tree, int):
            return term.operands[tree], op.labels[tree], {tree}
        (x, lx, mine), (y, ly, yours) = build(tree[0]), build(tree[1])
        if (x.learned and not y.learned) or isinstance(x.op, Constant):
            (x, lx), (y, ly) = (y, ly), (x, lx)
        inside = mine | yours
        later = set(op.out).union(*(labels for i, labels in enumerate(everything) if i not in inside))
        out = result_order(lx, ly, tuple(a for a in dict.fromkeys((*lx, *ly)) if a in later))
        sizes = dict(zip(lx, x.shape, strict=True)) | dict(zip(ly, y.shape, strict=True))
        made = Term(Product((lx, ly), out), (x, y), tuple(names[a] for a in out), tuple(sizes[a] for a in out), "float",
                    term.name)
        return made, out, inside

    return build(tree)[0]


def _axis_names(term: Term) -> dict[str, str]:
    """A name for the axis of every label: the result's, else a factor's; no two alike."""
    assert isinstance(term.op, Product)
    names = dict(zip(term.op.out, term.axes, strict=True))
    for operand, labels in zip(term.operands, term.op.labels, strict=True):
        for axis, label in zip(operand.axes, labels, strict=True):
            if label not in names:
                taken = set(names.values())
                names[label] = next(n for n in (axis, *(f"{axis}~{i}" for i in range(99))) if n not in taken)
    return names
