"""What passes rewrite: a program as terms with named axes, one operation a file.

A term is an operation applied to other terms. An operation computes, and says itself what passes ask of it
(:class:`~compose.compiler.terms.term.Op`): along which axes it treats rows alike, what it reads of absent rows, and
what it is there. What it does not say counts as the worst: an operation nobody knows is computed as it stands.
"""

from compose.compiler.terms.pointwise import FUNCTIONS, Map, mapped
from compose.compiler.terms.program import Terms, ordered
from compose.compiler.terms.shapes import Divided, Relabel, relabelled
from compose.compiler.terms.simplex import Share, Simplex
from compose.compiler.terms.term import Constant, Leaf, Op, Pick, Term, constant, joint

__all__ = ["FUNCTIONS", "Constant", "Divided", "Leaf", "Map", "Op", "Pick", "Relabel", "Share", "Simplex", "Term",
           "Terms", "constant", "joint", "mapped", "ordered", "relabelled"]
