"""Which name of one spec is which name of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from compose.reading.diff.colours import Colours, colours
from compose.reading.diff.ids import Ids
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import COMMUTES, Call, Key, SpecTerm, Symbol, Use, Word, members

FAR = 8
"""Steps over which surroundings are compared at most."""
SURE = 3
"""Steps from which on surroundings alone are proof enough, and what cannot be told apart may be paired in any order."""
DEEP = 24
"""Steps down after which definitions have been read to their ends."""
_BODIES = ("node", "network", "loss")


@dataclass
class Matching:
    """Pairs of symbols, one of each spec."""

    before: SpecParts
    after: SpecParts
    pairs: dict[Symbol, Symbol] = field(default_factory=dict)
    ids: Ids = field(default_factory=Ids, repr=False)
    _found: dict[tuple[SpecTerm | None, SpecTerm | None], bool] = field(default_factory=dict, repr=False)
    _looked_at: int = 0
    """How many pairs there were when ``_found`` was found: more pairs make more the same."""

    @cached_property
    def back(self) -> Mapping[Symbol, Symbol]:
        """The pairs the other way round; read it when the matching is complete."""
        return {b: a for a, b in self.pairs.items()}

    def removed(self) -> list[Symbol]:
        return [s for s in self.before.items if s not in self.pairs]

    def added(self) -> list[Symbol]:
        taken = set(self.pairs.values())
        return [s for s in self.after.items if s not in taken]

    def owners_agree(self, a: Symbol, b: Symbol) -> bool:
        """Are both known everywhere, or in networks that are paired?"""
        mine, theirs = self.before.owner(a), self.after.owner(b)
        return self.pairs.get(mine) == theirs if mine else theirs is None

    def renamed(self) -> list[tuple[Symbol, Symbol]]:
        return [(a, b) for a, b in self.pairs.items() if a.name != b.name]

    def same(self, a: SpecTerm | None, b: SpecTerm | None) -> bool:
        """Do two terms say the same? A name for an expression is as good as the expression."""
        if isinstance(a, Word) and isinstance(b, Word):
            return a == b
        if self._looked_at != len(self.pairs):
            self._looked_at, self._found = len(self.pairs), {}
        if (a, b) not in self._found:  # there are many ways through what commutes, and through chains of names
            self._found[a, b] = self._same(a, b)
        return self._found[a, b]

    def _same(self, a: SpecTerm | None, b: SpecTerm | None) -> bool:
        match a, b:
            case Use(), Use() if self.pairs.get(a.target) == b.target and len(a.tail) == len(b.tail):
                return all(self._same_part(x, y) for x, y in zip(a.tail, b.tail, strict=True))
            case Call(), Call() if a.function == b.function and len(a.arguments) == len(b.arguments):
                if all(map(self.same, a.arguments, b.arguments)):
                    return True
                return a.function in COMMUTES and self._same_set(a.arguments, b.arguments)
        if (inner := expanded(self.before, a)) is not None:
            return self.same(inner, b)
        return (inner := expanded(self.after, b)) is not None and self.same(a, inner)

    def same_key(self, a: Key, b: Key) -> bool:
        return self.pairs.get(a) == b if isinstance(a, Symbol) else a == b

    def _same_part(self, a: Symbol | str, b: Symbol | str) -> bool:
        return self.pairs.get(a) == b if isinstance(a, Symbol) else a == b

    def _same_set(self, a: tuple[SpecTerm, ...], b: tuple[SpecTerm, ...]) -> bool:
        left = list(b)
        for term in a:
            found = next((i for i, other in enumerate(left) if self.same(term, other)), None)
            if found is None:
                return False
            left.pop(found)
        return True


def expanded(parts: SpecParts, term: SpecTerm | None) -> SpecTerm | None:
    """What a name stands for, if it is one for an expression; None for anything else."""
    item = parts.items[term.target] if isinstance(term, Use) and not term.tail else None
    return item.fields[""] if item is not None and item.head == Word("expression") else None


def by_name(matching: Matching) -> None:
    """Pair what has the same kind and name in the same place."""
    free = set(matching.added())
    for a in matching.removed():  # networks stand before what they hold
        owner = matching.before.owner(a)
        held = matching.pairs[owner].name if owner in matching.pairs else "" if owner is None else None
        b = None if held is None else Symbol(a.kind, a.name, held)
        if b in free:
            matching.pairs[a] = b
            free.discard(b)


def by_structure(matching: Matching) -> None:
    """Pair what has the same definition and the same surroundings, the widest surroundings first."""
    while matching.removed() and matching.added() and _step(matching):
        pass


def _step(matching: Matching) -> bool:
    """Pair what is alike over the widest surroundings in which anything is; whether anything was."""
    mine = list(colours(matching.before, FAR, {a: i for i, a in enumerate(matching.pairs)}, matching.ids))
    theirs = list(colours(matching.after, FAR, {b: i for i, b in enumerate(matching.pairs.values())}, matching.ids))
    for rounds in range(FAR, 0, -1):
        alike = _alike(matching, mine[rounds], theirs[rounds])
        found = [(a[0], b[0]) for a, b in alike if len(a) == 1]
        if not found and rounds >= SURE and alike:  # not to be told apart: any two may be paired, then look again
            found = [_namesakes(*alike[0])]
        sure = [(a, b) for a, b in found if rounds >= SURE or _holds(matching, a, b)]
        if rounds == SURE and not sure:
            sure = _same_below(matching)
        matching.pairs.update(sure)
        if sure:
            return True
    return False


def _same_below(matching: Matching) -> list[tuple[Symbol, Symbol]]:
    """What is defined alike down to the environment, and is the only one: its Merkle tree leaves out who reads it."""
    *_, mine = colours(matching.before, DEEP, {a: i for i, a in enumerate(matching.pairs)}, matching.ids,
                       upwards=False)
    *_, theirs = colours(matching.after, DEEP, {b: i for i, b in enumerate(matching.pairs.values())}, matching.ids,
                         upwards=False)
    return [(a[0], b[0]) for a, b in _alike(matching, mine, theirs) if len(a) == 1 and a[0].kind in _BODIES]


def _alike(matching: Matching, mine: Colours, theirs: Colours) -> list[tuple[list[Symbol], list[Symbol]]]:
    """Classes of one colour that are of one size in both specs, of what is not paired."""
    classes: dict[int, tuple[list[Symbol], list[Symbol]]] = defaultdict(lambda: ([], []))
    for symbol in matching.removed():
        classes[mine[symbol]][0].append(symbol)
    for symbol in matching.added():
        classes[theirs[symbol]][1].append(symbol)
    return [(a, b) for a, b in classes.values() if a and len(a) == len(b)]


def _holds(matching: Matching, a: Symbol, b: Symbol) -> bool:
    """Do two definitions read what is paired already, and are they used alike by whom is paired already?"""
    mine, theirs = matching.before.items[a], matching.after.items[b]
    partners = {key: matching.pairs.get(key) if isinstance(key, Symbol) else key for key in mine.fields}
    equal = all(other in theirs.fields and matching.same(mine.fields[key], theirs.fields[other])
                for key, other in partners.items() if other is not None)
    taken = set(matching.pairs.values())
    before = {(place, matching.pairs[user]) for place, user in matching.before.users[a] if user in matching.pairs}
    after = {(place, user) for place, user in matching.after.users[b] if user in taken}
    reads = any(True for _ in members(mine))
    equal = equal and matching.same(mine.head, theirs.head)
    return equal and None not in partners.values() and before == after and (reads or bool(before))


def _namesakes(mine: list[Symbol], theirs: list[Symbol]) -> tuple[Symbol, Symbol]:
    """Two of the same name if there are such, else the first of each."""
    names = {s.name: s for s in theirs}
    a = next((s for s in mine if s.name in names), mine[0])
    return a, names.get(a.name, theirs[0])
