"""What differs between two specs, one change for each name that came, went or means something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from compose.reading.diff.matching import Matching, by_name, by_structure, expanded
from compose.reading.diff.similar import by_likeness
from compose.reading.diff.spec_parts import SpecParts
from compose.reading.diff.spec_terms import Call, Key, SpecTerm, Symbol, Use

How = Literal["added", "removed", "changed", "replaced", "moved"]
FEW = 2.0
"""So little to tell that no other reading can be better."""


@dataclass(frozen=True)
class FieldChange:
    """One field of a definition that both specs have; None where only the other one says it."""

    key: Key
    """Its name in the second spec, or in the first if it is gone."""
    before: SpecTerm | None
    after: SpecTerm | None
    wire: bool


@dataclass(frozen=True)
class Change:
    """One name. ``before`` is missing where it came, ``after`` where it went."""

    how: How
    before: Symbol | None
    after: Symbol | None
    fields: tuple[FieldChange, ...] = field(default=())

    @property
    def symbol(self) -> Symbol:
        """Its name in the second spec, or in the first if it is gone."""
        found = self.after or self.before
        assert found is not None
        return found


def compare(before: SpecParts, after: SpecParts) -> tuple[Matching, list[Change]]:
    """Match two specs and list what differs, in the order of the second.

    Names are matched first, then structure; and, in a second reading, structure first. The second is taken if it finds
    nothing but renames, or has less to tell although a name that goes over to something else counts as a change: names
    may be shared by unrelated things, but more often they are meant.
    """
    readings = []
    for start in (by_name, by_structure):
        matching = Matching(before, after)
        complete(matching, start)
        readings.append((matching, differences(matching)))
        if not readings[-1][1] or _length(*readings[-1]) <= FEW:
            return readings[-1]
    return min(readings, key=lambda reading: _length(*reading))


def complete(matching: Matching, start: Callable[[Matching], None]) -> None:
    """Match by ``start`` first, then in every way there is."""
    start(matching)
    size = -1
    while size < len(matching.pairs):
        size = len(matching.pairs)
        by_structure(matching)
        by_name(matching)
        if size == len(matching.pairs):
            by_likeness(matching)


def differences(matching: Matching) -> list[Change]:
    """All changes under a matching: what is in the second spec in its order, then what is gone."""
    found = []
    for b in matching.after.items:
        a = matching.back.get(b)
        if a is None:
            if not _only_named(matching, matching.after, b):
                found.append(Change("added", None, b))
        elif change := _changed(matching, a, b):
            found.append(change)
    gone = [a for a in matching.removed() if not _only_named(matching, matching.before, a)]
    return [*found, *(Change("removed", a, None) for a in gone)]


def _changed(matching: Matching, a: Symbol, b: Symbol) -> Change | None:
    mine, theirs = matching.before.items[a], matching.after.items[b]
    if not matching.same(mine.head, theirs.head):
        if a.kind == "node" and matching.same(_value(matching.before, a), _value(matching.after, b)):
            return None
        return Change("replaced", a, b)
    fields = []
    keys = {key: next((k for k in theirs.fields if matching.same_key(key, k)), None) for key in mine.fields}
    for key, other in keys.items():
        if other is None:
            fields.append(FieldChange(key, mine.fields[key], None, key in mine.wires))
        elif not matching.same(mine.fields[key], theirs.fields[other]):
            fields.append(FieldChange(other, mine.fields[key], theirs.fields[other], other in theirs.wires))
    fresh = [key for key in theirs.fields if key not in keys.values()]
    fields += [FieldChange(key, None, theirs.fields[key], key in theirs.wires) for key in fresh]
    moved = not matching.owners_agree(a, b)  # and reads the same from where it is now
    fields = [field for field in fields if not (moved and field.wire)]
    return Change("moved" if moved else "changed", a, b, tuple(fields)) if fields or moved else None


def _value(parts: SpecParts, symbol: Symbol) -> SpecTerm | None:
    """What a node is if it is only an expression."""
    item = parts.items[symbol]
    return item.fields.get("") if item.head.__class__ is not Call else None


def _only_named(matching: Matching, parts: SpecParts, symbol: Symbol) -> bool:
    """Is this but a name for an expression, which the other spec writes out wherever this one is read?"""
    users = [user for _, user in parts.users[symbol]]
    paired = matching.pairs if parts is matching.before else matching.back
    if expanded(parts, Use(symbol)) is None or not all(user in paired for user in users):
        return False
    ends = [(user, paired[user]) if parts is matching.before else (paired[user], user) for user in users]
    return bool(users) and all(_reads_alike(matching, a, b) for a, b in ends)


def _reads_alike(matching: Matching, a: Symbol, b: Symbol) -> bool:
    change = _changed(matching, a, b)
    return change is None or (not any(f.wire for f in change.fields) and change.how != "replaced")


def _length(matching: Matching, changes: Sequence[Change]) -> float:
    """How much there is to tell."""
    cost = {"added": 2.0, "removed": 2.0, "replaced": 2.0, "moved": 1.0, "changed": 0.0}
    taken_over = sum(_kept(matching, a) for a, _ in matching.renamed())
    renames = 0.25 * len(matching.renamed()) + 2.0 * taken_over
    return sum(cost[c.how] + len(c.fields) for c in changes) + renames


def _kept(matching: Matching, a: Symbol) -> bool:
    """Does the second spec too have something of this name in this place?"""
    owner = matching.before.owner(a)
    there = matching.pairs.get(owner) if owner else None
    return Symbol(a.kind, a.name, there.name if there else "") in matching.after.items
