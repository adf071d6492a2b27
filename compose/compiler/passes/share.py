"""Pass ``share``: what is computed twice from the same tensors is computed once.

Exports do it once more (:func:`compose.compiler.export.simplify.simplify`), on code: without passes, and after rewrites
that make operations equal. Terms know their operands by identity, nodes of ``torch.fx`` by name: only the idea is one.
"""

from __future__ import annotations

from typing import Any

from compose.compiler.terms import Term, Terms


def share(terms: Terms) -> Terms:
    """Make equal terms one.

    In REFIL the three applications of the utility network differ in their masks alone: they share the embedding,
    queries, keys, values and attention logits, and both mixers share three of four hypernetworks.
    """
    known: dict[Any, Term] = {}

    def once(term: Term) -> Term:
        return known.setdefault((term.op, term.operands, term.axes, term.dtype), term)

    return terms.rewritten(once)
