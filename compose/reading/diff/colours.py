"""Structure without names: colours that two definitions share exactly if they cannot be told apart so many steps away.

Colour refinement (Weisfeiler and Leman 1968): a symbol's first colour is its kind; in every round it becomes the number
of its definition, with colours for names, and of the colours of those who use it. Downwards only, it is a Merkle tree.
Colours of two specs can be compared where both have their numbers from the same :class:`Ids`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compose.reading.diff.ids import Ids
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import COMMUTES, Item, SpecTerm, Symbol, Use, Word

Colours = Mapping[Symbol, int]


def colours(
    parts: SpecParts, rounds: int, seeds: Mapping[Symbol, int], ids: Ids, *, upwards: bool = True
) -> Iterator[Colours]:
    """The colour of every symbol after 0, 1 ... so many rounds.

    Args:
        seeds: Symbols whose colour is known and stays: equal numbers for what is paired in two specs. What is behind
            them does not show.
        ids: Where colours come from; the same for both specs.
        upwards: Whether users count too.
    """
    now = {s: ids("pair", seeds[s]) if s in seeds else ids("kind", s.kind, s.name if s.kind == "part" else "")
           for s in parts.items}
    yield now
    for _ in range(rounds):
        now = {s: now[s] if s in seeds else _next(parts, s, now, ids, upwards) for s in parts.items}
        yield now


def _next(parts: SpecParts, symbol: Symbol, now: Colours, ids: Ids, upwards: bool) -> int:
    owner = parts.owner(symbol)
    home = ("", 0) if owner is None else ("in", now[owner])
    users = sorted((place, now[user]) for place, user in parts.users[symbol]) if upwards else ()
    return ids("colour", now[symbol], _definition(parts.items[symbol], now, ids), home, tuple(users))


def _definition(item: Item, now: Colours, ids: Ids) -> int:
    fields = sorted((("name", key) if isinstance(key, str) else ("wired", str(now[key])), painted(term, now, ids))
                    for key, term in item.fields.items())
    return ids("definition", painted(item.head, now, ids), tuple(fields))


def painted(term: SpecTerm, now: Colours, ids: Ids) -> int:
    """The number of a term in which names are colours."""
    match term:
        case Word():
            return ids("word", term.plain)
        case Use():
            tail = (("node", now[p]) if isinstance(p, Symbol) else ("output", p) for p in term.tail)
            return ids("use", now[term.target], tuple(tail))
    parts = [painted(argument, now, ids) for argument in term.arguments]
    return ids("call", term.function, tuple(sorted(parts) if term.function in COMMUTES else parts))
