"""Which rows of a tensor matter: those of steps that a loss counts, a few more, or all."""

from __future__ import annotations

from math import inf

from compose.compiler.call import Call
from compose.compiler.product import Product
from compose.compiler.terms import Leaf, Map, Share, Simplex, Term, Terms
from compose.graph.average import Average

EPISODES = ("batch", "time")


def demands(terms: Terms) -> dict[Term, float]:
    """For every term: how many steps after an episode's last one its rows are read; ``inf``: wherever they are."""
    found: dict[Term, float] = {}
    for root in terms.roots.values():
        found[root] = inf if set(EPISODES) & set(root.axes) else 0
    for term in reversed(terms.order()):
        for place, operand in enumerate(term.operands):
            wanted = _wanted(term, place, found[term])
            found[operand] = max(found.get(operand, 0), wanted)
    return found


def _wanted(term: Term, place: int, demand: float) -> float:
    """What a term that is itself in demand asks of one operand."""
    op = term.op
    if isinstance(op, Call):
        return _call(op, term, place, demand)
    if isinstance(op, Product):
        lost = {a for x, labels in zip(term.operands, op.labels, strict=True)
                for a, label in zip(x.axes, labels, strict=True) if label not in op.out}
        return inf if lost & set(EPISODES) else demand
    if isinstance(op, Simplex | Share) and op.axis in EPISODES:
        return inf
    return demand


def _call(call: Call, term: Term, place: int, demand: float) -> float:
    node = call.node
    if isinstance(node.op, Average):
        return 0 if bounded(call, term) else inf
    outputs = node.values.values()
    if any(node.joins("batch", out) for out in outputs):
        return inf
    return demand + (node.op.ahead if any(node.joins("time", out) for out in outputs) else 0)


def bounded(call: Call, term: Term) -> bool:
    """Is it a loss that reads steps of the episode alone, batch and time alike?"""
    if not isinstance(call.node.op, Average) or not call.node.op.alike(EPISODES):
        return False
    where = next((x for x, r in zip(term.operands, call.reads, strict=True) if r.local == "where"), None)
    return where is not None and within_steps(where)


def within_steps(mask: Term) -> bool:
    """Is a mask true only in steps of the episode?"""
    if isinstance(mask.op, Leaf):
        return (mask.op.kind, mask.op.label) == ("field", "steps")
    return isinstance(mask.op, Map) and mask.op.function == "&" and any(within_steps(x) for x in mask.operands)
