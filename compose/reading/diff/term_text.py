"""Terms as text, in the words of the spec that says them."""

from __future__ import annotations

from collections.abc import Iterator

from compose.language.expressions import Apply, Number, Ref, Tree, Truth, unparse
from compose.reading.diff import phrases
from compose.reading.diff.matching import Matching
from compose.reading.diff.spec_terms import Call, Kind, SpecTerm, Symbol, Use, Word


def term_text(term: SpecTerm | None) -> str:
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
            return phrases.listed([term_text(argument) for argument in term.arguments])
        case Call(function=":"):
            name, value = term.arguments
            return f"{term_text(name)} ({term_text(value)})"
        case Call(function="text"):
            return " ".join(term_text(part) for part in term.arguments).replace(" '", "'").replace(" ?", "?")
    return unparse(_tree(term))


def ends(matching: Matching, before: SpecTerm | None, after: SpecTerm | None, nothing: str = "none") -> tuple[str, str]:
    """What two terms that differ say; where that is one text, since a name went over to something else, what it is."""
    then, now = (nothing if term is None else term_text(term) for term in (before, after))
    if then != now:
        return then, now
    for a, b in _beside(before, after):
        if a.kind != b.kind:
            return f"{then} ({_KINDS[a.kind]})", f"{now} ({_KINDS[b.kind]})"
        if matching.pairs.get(a) != b:
            later, once = matching.pairs.get(a), matching.back.get(b)
            return (f"{then} ({'gone' if later is None else f'now {_where(later)}'})",
                    f"{now} ({'new' if once is None else f'once {_where(once)}'})")
    return then, f"{now}, which is something else"


_KINDS: dict[Kind, str] = {
    "param": "a param", "axis": "an axis", "network": "a network", "input": "an input", "variable": "a capital",
    "node": "a node", "loss": "a loss", "optimizer": "an optimizer", "part": "a part"}


def _where(symbol: Symbol) -> str:
    return f"{symbol.owner}.{symbol.name}" if symbol.owner else symbol.name


def _beside(a: SpecTerm | None, b: SpecTerm | None) -> Iterator[tuple[Symbol, Symbol]]:
    """Symbols at the same place of two terms."""
    match a, b:
        case Use(), Use():
            yield a.target, b.target
            yield from ((x, y) for x, y in zip(a.tail, b.tail, strict=False)
                        if isinstance(x, Symbol) and isinstance(y, Symbol))
        case Call(), Call():
            for x, y in zip(a.arguments, b.arguments, strict=False):
                yield from _beside(x, y)


def _tree(term: SpecTerm) -> Tree:
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
