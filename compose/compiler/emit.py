"""From terms to torch: every term computed once, operands first, on tensors or on ``torch.fx`` proxies."""

from __future__ import annotations

from typing import Any

from compose.compiler.interpret import Sources
from compose.compiler.terms import Constant, Leaf, Term, Terms


def emit(terms: Terms, sources: Sources) -> dict[str, Any]:
    """The tensors of a program's roots, by name."""
    made: dict[Term, Any] = {}
    for term in terms.order():
        made[term] = _tensor(term, [made[x] for x in term.operands], sources)
    return {name: made[root] for name, root in terms.roots.items()}


def _tensor(term: Term, operands: list[Any], sources: Sources) -> Any:
    if isinstance(term.op, Constant):
        return term.op.value
    if not isinstance(term.op, Leaf):
        return term.op.compute(term, *operands)
    found = sources.read(term.op.kind, term.op.label)
    for index in term.op.index:
        found = found[index]
    return found
