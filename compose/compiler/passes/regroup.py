"""Pass ``regroup``: sums of products in the order that costs least."""

from __future__ import annotations

import math
from dataclasses import replace

from compose.compiler.passes.order import ordered_product
from compose.compiler.terms import Constant, Map, Relabel, Term, Terms, mapped
from compose.compiler.terms.product import Product, product
from compose.language.axes import Axes


def regroup(terms: Terms) -> Terms:
    """Merge products that nothing else reads, then choose the cheapest order of multiplication.

    A product distributes over a bias, so that linear maps in a row become one, a mean over agents moves before the
    layers that follow attention, and values are projected once for each reader or once for each entity, whichever is
    less.
    """
    uses = terms.uses()
    done: dict[Term, Term] = {}
    merged: dict[Term, bool] = {}  # new term -> may its one reader take it apart?
    for old in terms.order():
        new = old.with_operands(done[x] for x in old.operands)
        if isinstance(new.op, Product) and not new.op.bias:
            new = _merged(new, merged)
        elif isinstance(new.op, Map) and new.op.function == "+":
            new = _sum(new)
        done[old] = new
        merged[new] = uses[old] == 1
    flat = replace(terms, roots={name: done[root] for name, root in terms.roots.items()})
    return _with_bias(flat.rewritten(lambda t: ordered_product(t) if isinstance(t.op, Product) else t))


def _merged(term: Term, alone: dict[Term, bool]) -> Term:
    """A product with the products it reads taken into it; as a sum if one of them carries a bias."""
    assert isinstance(term.op, Product)
    factors = list(zip(term.operands, term.op.labels, strict=True))
    for i, (factor, labels) in enumerate(factors):
        if not alone.get(factor, False):
            continue
        rest = [*factors[:i], *factors[i + 1 :]]
        if isinstance(factor.op, Product) and not factor.op.bias:
            inner = _inlined(factor, labels, {*term.op.out, *(a for _, found in factors for a in found)})
            return _merged(product([*factors[:i], *inner, *factors[i + 1 :]], term.op.out, term.axes, term.name), alone)
        if (addends := _addends(factor, alone)) is not None:
            main, bias = addends
            return _distributed(term, rest, labels, factor, main, bias, i, alone)
    return _folded(term)


def _addends(term: Term, alone: dict[Term, bool]) -> tuple[Term, Term] | None:
    """(product, bias) of a sum that is a linear layer before its activation."""
    if not isinstance(term.op, Map) or term.op.function != "+":
        return None
    main, bias = sorted(term.operands, key=lambda t: -t.numel)
    return (main, bias) if isinstance(main.op, Product) and bias.numel * 4 <= main.numel else None


def _distributed(term: Term, rest: list[tuple[Term, Axes]], labels: Axes, factor: Term, main: Term, bias: Term, at: int,
                 alone: dict[Term, bool]) -> Term:
    """``P(rest, main + bias)`` as ``P(rest, main) + P(rest, bias)``."""
    assert isinstance(term.op, Product)
    named = dict(zip(factor.axes, labels, strict=True))
    parts = []
    for addend in (main, bias):
        own = tuple(named[a] for a in addend.axes)
        factors = [*rest[:at], (addend, own), *rest[at:]]
        have = {label for _, found in factors for label in found}
        lost = [n for label, n in zip(labels, factor.shape, strict=True) if label not in have | set(term.op.out)]
        if lost:
            factors.append((Term(Constant(float(math.prod(lost))), (), (), (), "float"), ()))
        out = tuple(a for a in term.op.out if a in have)
        axes = tuple(n for n, a in zip(term.axes, term.op.out, strict=True) if a in have)
        parts.append(_merged(product(factors, out, axes, term.name), {**alone, main: True} if addend is main else {}))
    return _sum(mapped("+", *parts, name=term.name))


def _inlined(inner: Term, labels: Axes, taken: set[str]) -> list[tuple[Term, Axes]]:
    """The factors of a product, labelled as the product that reads it has it; what it sums over gets fresh labels."""
    assert isinstance(inner.op, Product)
    outer = dict(zip(inner.op.out, labels, strict=True))
    for label in dict.fromkeys(a for found in inner.op.labels for a in found):
        if label not in outer:
            outer[label] = next(n for n in (label, *(f"{label}.{i}" for i in range(len(taken)))) if n not in taken)
            taken = taken | {outer[label]}
    pairs = zip(inner.operands, inner.op.labels, strict=True)
    return [(factor, tuple(outer[label] for label in found)) for factor, found in pairs]


def _folded(term: Term) -> Term:
    """Constant factors as one."""
    assert isinstance(term.op, Product)
    factors = list(zip(term.operands, term.op.labels, strict=True))
    numbers = [t.op.value for t, _ in factors if isinstance(t.op, Constant)]
    if len(numbers) < 2:
        return term
    rest = [(t, labels) for t, labels in factors if not isinstance(t.op, Constant)]
    one = Term(Constant(math.prod(numbers)), (), (), (), "float")
    return product([*rest, (one, ())], term.op.out, term.axes, term.name)


def _sum(term: Term) -> Term:
    """``(x + a) + b`` as ``x + (a + b)`` where a and b are made of weights alone."""
    x, b = term.operands
    if b.learned and isinstance(x.op, Map) and x.op.function == "+" and x.operands[1].learned:
        return mapped("+", x.operands[0], mapped("+", x.operands[1], b), name=term.name)
    return term


def _with_bias(terms: Terms) -> Terms:
    """``x W + b`` as one linear layer."""
    uses = terms.uses()
    alone = {t for t, n in uses.items() if n == 1}
    done: dict[Term, Term] = {}
    for old in terms.order():
        new = old.with_operands(done[x] for x in old.operands)
        if isinstance(old.op, Map) and old.op.function == "+" and old.operands[0] in alone:
            new = _linear(new) or new
        done[old] = new
    return replace(terms, roots={name: done[root] for name, root in terms.roots.items()})


def _linear(term: Term) -> Term | None:
    main, bias = term.operands
    if not isinstance(main.op, Product) or main.op.bias or len(main.operands) != 2 or not bias.learned:
        return None
    (x, y), (lx, ly) = main.operands, main.op.labels
    right = tuple(a for a in ly if a not in lx)
    named = dict(zip(main.axes, main.op.out, strict=True))
    own = bias.operands[0] if isinstance(bias.op, Relabel) else bias
    last = main.op.out[len(main.op.out) - len(right) :]
    matches = tuple(named.get(a, "") for a in bias.axes) == right == last
    layer = any(a in lx for a in ly) and not any(a in lx and a in main.op.out for a in ly)
    if x.learned or not y.learned or not right or not matches or not layer:
        return None
    op = Product((lx, ly, right), main.op.out, bias=True)
    return Term(op, (x, y, own), main.axes, main.shape, "float", main.name)
