"""Nodes that went into a network or came out of one: the same node if it reads the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from compose.reading.diff.matching import Matching
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import Call, Key, SpecTerm, Symbol, Use

MOST = 16
"""Applications of a network, and of what it is in, that are looked at."""


def moved(matching: Matching, a: Symbol, b: Symbol) -> bool:
    """Do two nodes of different bodies read the same, seen from the main graph through some application?"""
    mine, theirs = _views(matching.before, a), _views(matching.after, b)
    return any(_alike(matching, one, other) for one in mine for other in theirs)


def _alike(matching: Matching, one: Mapping[Key, SpecTerm], other: Mapping[Key, SpecTerm]) -> bool:
    pairs = {key: matching.pairs.get(key) if isinstance(key, Symbol) else key for key in one}
    return bool(one) and set(pairs.values()) == set(other) and all(
        matching.same(one[key], other[at]) for key, at in pairs.items() if at is not None)


def _views(parts: SpecParts, symbol: Symbol) -> list[Mapping[Key, SpecTerm]]:
    """What a node reads in terms of the main graph, once for every application of the network it is in."""
    item = parts.items[symbol]
    wires = {key: item.fields[key] for key in item.wires if key != "target"}
    found: list[Mapping[Key, SpecTerm]] = []
    for chain, _ in zip(_chains(parts, symbol.owner), range(MOST), strict=False):
        seen = wires
        for application in chain:
            seen = {key: _outward(parts, term, application) for key, term in seen.items()}
        found.append({key: _returned(parts, term) for key, term in seen.items()})
    return found


def _chains(parts: SpecParts, owner: str) -> Iterator[tuple[Symbol, ...]]:
    """Applications through which a body is reached, innermost first; nothing to go through for the main graph."""
    if not owner:
        yield ()
        return
    for place, user in parts.users[Symbol("network", owner)]:
        if place.startswith("head"):
            yield from ((user, *rest) for rest in _chains(parts, user.owner))


def _outward(parts: SpecParts, term: SpecTerm, application: Symbol) -> SpecTerm:
    """A term of an applied network in terms of the body that applies it."""
    fields = parts.items[application].fields

    def outer(use: Use) -> SpecTerm:
        target = use.target
        if target.kind == "input":
            return fields.get(target, use)
        return Use(application, (target, *use.tail)) if target.kind == "node" else use

    return _mapped(term, outer)


def _returned(parts: SpecParts, term: SpecTerm) -> SpecTerm:
    """An application by its bare name as the node that its network returns."""
    def named(use: Use) -> SpecTerm:
        head = parts.items[use.target].head
        if use.tail or not isinstance(head, Call) or not isinstance(applied := head.arguments[0], Use):
            return use
        result = parts.items[applied.target].fields["returns"]
        return Use(use.target, (result.target,)) if isinstance(result, Use) else use

    return _mapped(term, named)


def _mapped(term: SpecTerm, change: Callable[[Use], SpecTerm]) -> SpecTerm:
    match term:
        case Use():
            return change(term)
        case Call():
            return Call(term.function, tuple(_mapped(argument, change) for argument in term.arguments))
    return term
