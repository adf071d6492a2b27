"""Pairing what was renamed *and* changed: by how much of its definition and of its surroundings stayed."""

from __future__ import annotations

from collections import Counter, defaultdict

from compose.reading.diff.colours import Colours, colours
from compose.reading.diff.ids import Ids
from compose.reading.diff.matching import Matching
from compose.reading.diff.moved_nodes import moved
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import Call, Key, SpecTerm, Symbol

ENOUGH = 0.5
"""The part that must have stayed. Below it, one thing went and another came."""


def by_likeness(matching: Matching) -> bool:
    """Pair the two most alike of what is left, if they are alike enough and nothing else is as much; did it?"""
    gone, free = matching.removed(), matching.added()
    if not gone or not free:
        return False
    shapes = _shapes(matching.before, matching.ids), _shapes(matching.after, matching.ids)
    scores = {(a, b): likeness(matching, a, b, shapes) for a in gone for b in free if a.kind == b.kind}
    rivals: dict[Symbol | tuple[str, Symbol], list[float]] = defaultdict(list)
    for (a, b), score in scores.items():
        rivals["before", a].append(score)
        rivals["after", b].append(score)
    for (a, b), score in sorted(scores.items(), key=lambda pair: -pair[1]):
        if score < ENOUGH:
            return False
        if rivals["before", a].count(score) == rivals["after", b].count(score) == 1:
            matching.pairs[a] = b
            return True
    return False


def likeness(matching: Matching, a: Symbol, b: Symbol, shapes: tuple[Colours, Colours]) -> float:
    """Between 0 and 1: which part of two definitions, and of the places that use them, is the same."""
    mine, theirs = matching.before.items[a], matching.after.items[b]
    if a.kind == "network":
        return _overlap(_shape(matching.before, a, shapes[0]), _shape(matching.after, b, shapes[1]))
    if not matching.same(mine.head, theirs.head):
        return 0.0
    if a.kind == "loss" and _of_the_same(matching, mine.fields["of"], theirs.fields["of"]):
        return (1 + ENOUGH) / 2
    if not matching.owners_agree(a, b):
        return float(a.kind == "node" and moved(matching, a, b))
    keys = [(key, _partner(matching, key)) for key in mine.wires if key != "target"]
    wires = {other or key: other is not None and matching.same(mine.fields[key], theirs.fields.get(other))
             for key, other in keys}
    count, equal = len(wires.keys() | (theirs.wires - {"target"})), sum(wires.values())
    before, after = _users(matching, a), Counter((p, u) for p, u in matching.after.users[b] if u != b)
    shared, either = (before & after).total(), (before | after).total()
    fed = [matching.same(x, y) for x, y in _fed(matching, a, b)]
    if a.kind == "node" and equal < count and not (equal and shared):
        return 0.0
    return (equal + shared + sum(fed)) / (count + either + len(fed)) if count + either else 0.0


def _fed(matching: Matching, a: Symbol, b: Symbol) -> list[tuple[SpecTerm | None, SpecTerm | None]]:
    """What applications in both specs give to an input of a network."""
    mine, theirs = matching.before.items, matching.after.items
    users = [user for place, user in matching.before.users[a] if place == "key" and user in matching.pairs]
    return [(mine[user].fields.get(a), theirs[matching.pairs[user]].fields.get(b)) for user in users]


def _of_the_same(matching: Matching, a: SpecTerm, b: SpecTerm) -> bool:
    """Is one the other times something?"""
    def factors(term: SpecTerm) -> tuple[SpecTerm, ...]:
        return term.arguments if isinstance(term, Call) and term.function == "*" else (term,)

    return any(matching.same(a, part) for part in factors(b)) or any(matching.same(part, b) for part in factors(a))


def _partner(matching: Matching, key: Key) -> Key | None:
    return matching.pairs.get(key) if isinstance(key, Symbol) else key


def _users(matching: Matching, symbol: Symbol) -> Counter[tuple[str, Symbol]]:
    return Counter((place, matching.pairs.get(user, user)) for place, user in matching.before.users[symbol])


def _shapes(parts: SpecParts, ids: Ids) -> Colours:
    """Definitions by themselves."""
    return list(colours(parts, 1, {}, ids, upwards=False))[-1]


def _shape(parts: SpecParts, network: Symbol, shapes: Colours) -> Counter[int]:
    return Counter(shapes[s] for s in parts.items if s.owner == network.name)


def _overlap(a: Counter[int], b: Counter[int]) -> float:
    return (a & b).total() / max(1, (a | b).total())
