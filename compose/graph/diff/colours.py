"""Structure without names: colours that two definitions share exactly if they cannot be told apart so many steps away.

Colour refinement (Weisfeiler and Leman 1968): a symbol's first colour is its kind; in every round it becomes a hash of
its definition, with colours for names, and of the colours of those who use it. Downwards only, this is a Merkle hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compose.graph.diff.anatomy import Anatomy
from compose.graph.diff.terms import COMMUTES, Item, Symbol, Term, Use, Word

Colours = Mapping[Symbol, int]


def colours(
    anatomy: Anatomy, rounds: int, seeds: Mapping[Symbol, object], *, upwards: bool = True
) -> Iterator[Colours]:
    """The colour of every symbol after 0, 1 ... so many rounds.

    Args:
        seeds: Symbols whose colour is known and stays: equal things for what is paired in two specs. What is behind
            them does not show.
        upwards: Whether users count too.
    """
    now = {s: hash(("pair", seeds[s]) if s in seeds else (s.kind, s.name if s.kind == "part" else ""))
           for s in anatomy.items}
    yield now
    for _ in range(rounds):
        now = {s: now[s] if s in seeds else
               hash((now[s], _definition(item, now), _around(anatomy, s, now) if upwards else _owner(anatomy, s, now)))
               for s, item in anatomy.items.items()}
        yield now


def _definition(item: Item, now: Colours) -> int:
    fields = sorted((hash(key if isinstance(key, str) else now[key]), painted(term, now))
                    for key, term in item.fields.items())
    return hash((painted(item.head, now), tuple(fields)))


def _around(anatomy: Anatomy, symbol: Symbol, now: Colours) -> tuple[object, ...]:
    users = sorted(hash((place, now[user])) for place, user in anatomy.users[symbol])
    return (_owner(anatomy, symbol, now), tuple(users))


def _owner(anatomy: Anatomy, symbol: Symbol, now: Colours) -> int:
    owner = anatomy.owner(symbol)
    return now[owner] if owner else 0


def painted(term: Term, now: Colours) -> int:
    """The hash of a term in which names are colours."""
    match term:
        case Word():
            return hash((type(term.value) is bool, term.value))
        case Use():
            return hash((now[term.target], tuple(now[p] if isinstance(p, Symbol) else p for p in term.tail)))
    parts = [painted(argument, now) for argument in term.arguments]
    return hash((term.function, tuple(sorted(parts) if term.function in COMMUTES else parts)))
