"""Pass ``split``: layers, attention and means as the products and maps that they are made of."""

from __future__ import annotations

from compose.compiler.parts import taken_apart
from compose.compiler.terms import Term, Terms


def split(terms: Terms) -> Terms:
    """Take blocks apart where they say how, so that other passes can share and regroup the pieces."""

    def apart(term: Term) -> Term:
        return taken_apart(term) or term

    return terms.rewritten(apart)
