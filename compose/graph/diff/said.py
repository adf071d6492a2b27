"""Terms as text, in the words of the spec that says them."""

from __future__ import annotations

from compose.graph.diff import phrases
from compose.graph.diff.terms import Call, Symbol, Term, Use, Word
from compose.language.expressions import Apply, Number, Ref, Tree, Truth, unparse


def said(term: Term | None) -> str:
    """An expression as the language writes it, lists with commas, ``none`` for nothing."""
    match term:
        case None:
            return "none"
        case Word(value=bool()):
            return "true" if term.value else "false"
        case Word(value=float() | int() as number):
            return phrases.quantity(number)
        case Word():
            return str(term.value)
        case Call(function="[]" | "{}"):
            return phrases.listed([said(argument) for argument in term.arguments])
        case Call(function=":"):
            name, value = term.arguments
            return f"{said(name)} ({said(value)})"
        case Call(function="text"):
            return " ".join(said(part) for part in term.arguments).replace(" '", "'").replace(" ?", "?")
    return unparse(_tree(term))


def _tree(term: Term) -> Tree:
    match term:
        case Word(value=bool() as truth):
            return Truth(truth)
        case Word(value=float() | int() as number):
            return Number(number)
        case Word():
            return Ref((str(term.value),))
        case Use():
            return Ref((term.target.name, *(p.name if isinstance(p, Symbol) else p for p in term.tail)))
    return Apply(term.function, tuple(map(_tree, term.arguments)))
