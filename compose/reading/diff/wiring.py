"""Wiring as it would be told: what changed, and under it the chain of new nodes that feeds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from compose.reading.diff import phrases
from compose.reading.diff.changes import Change, FieldChange, How
from compose.reading.diff.matching import Matching
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.term_text import ends, term_text

_OUTER = ("loss", "part")


@dataclass(frozen=True)
class Line:
    """One thing that came, went or changed, as text; ``parts`` are what came (or went) for its sake."""

    how: How
    symbols: tuple[Symbol, ...]
    """Several where the same holds for all; names of the second spec (of the first, if it is gone)."""
    text: str
    was: str = ""
    """How it read before; empty if ``text`` says it all."""
    remark: str = ""
    """The comment in the file that sets it."""
    parts: tuple[Line, ...] = ()
    told: bool = False
    """The text says enough; the parts are for those who want everything."""

    @property
    def symbol(self) -> Symbol:
        return self.symbols[0]


@dataclass(frozen=True)
class Place:
    """A body in which wiring changed: the graph (no networks), or networks in which the same changed."""

    networks: tuple[str, ...]
    lines: tuple[Line, ...]


class WiringLines:
    """Makes lines of the changes between two sides."""

    def __init__(self, before: Side, after: Side, matching: Matching, changes: Iterable[Change]) -> None:
        self.before, self.after, self.matching = before, after, matching
        found = list(changes)
        whole = {(c.how, c.symbol.name) for c in found if c.symbol.kind == "network"}
        self.changes = [c for c in found if _is_wiring(c)
                        and not (c.symbol.kind == "input" and (c.how, c.symbol.owner) in whole)]
        self.of = {change.symbol: change for change in self.changes if change.how != "removed"}

    def places(self) -> list[Place]:
        """All of the wiring: the graph first, then networks; those in which the same changed stand together."""
        lines: dict[str, list[Line]] = {}
        for anchor, parts in self._groups():
            shown = [self.line(part) for part in parts if not self._inside(part)]
            line = replace(self.line(anchor), parts=tuple(_together(shown)))
            lines.setdefault(anchor.symbol.owner if anchor.symbol.kind != "network" else "", []).append(line)
        places: dict[object, Place] = {}
        for owner in sorted(lines, key=bool):
            told = tuple(_together(lines[owner]))
            key = tuple(owned(line, owner, "") for line in told) if owner else "graph"
            held = places.get(key, Place((), told))
            places[key] = Place((*held.networks, owner) if owner else (), held.lines)
        return list(places.values())

    # ---------------------------------------------------------------- groups

    def _groups(self) -> list[tuple[Change, list[Change]]]:
        """Every anchor with the changes that were made for its sake."""
        anchors: dict[Symbol | tuple[str, Symbol], tuple[Change, list[Change]]] = {}
        followers = []
        for change in self.changes:
            home = self._anchor(change)
            if home is None:
                anchors[_key(change)] = (change, [])
            else:
                followers.append((home, change))
        for home, change in followers:
            if home in anchors:
                anchors[home][1].append(change)
            else:
                anchors[_key(change)] = (change, [])
        for _, parts in anchors.values():
            parts.sort(key=lambda part: part.symbol.kind == "network")
        order = {"loss": 1, "part": 2}
        return sorted(anchors.values(), key=lambda story: order.get(story[0].symbol.kind, 0))

    def _anchor(self, change: Change) -> Symbol | tuple[str, Symbol] | None:
        """What an addition (or a removal) is there for: the nearest reader that was there before, or a new loss."""
        if change.how not in ("added", "removed") or change.symbol.kind in (*_OUTER, "input"):
            return None
        side = self.after if change.how == "added" else self.before
        paired = self.matching.back if change.how == "added" else self.matching.pairs
        seen, open_symbols = {change.symbol}, [change.symbol]
        late: Symbol | tuple[str, Symbol] | None = None
        while open_symbols:
            symbol = open_symbols.pop(0)
            users = [user for place, user in side.parts.users[symbol] if place != "member"]
            for user in [*users, *self._held_by(side, symbol, paired)]:
                if user in seen:
                    continue
                seen.add(user)
                if user not in paired and user.kind != "loss":
                    open_symbols.append(user)
                    continue
                end = user if change.how == "added" else paired.get(user, user)
                key = ("removed", end) if user not in paired and change.how == "removed" else end
                if key in self.of or key in [_key(c) for c in self.changes]:
                    if user.kind != "part":
                        return key
                    late = late or key
        return late

    def _held_by(self, side: Side, symbol: Symbol, paired: object) -> Iterator[Symbol]:
        """The network of what stands in a network that itself came or went."""
        owner = side.parts.owner(symbol)
        if owner is not None and owner not in paired:  # type: ignore[operator]
            yield owner

    def _inside(self, change: Change) -> bool:
        """Is this told by the network it belongs to?"""
        side = self.after if change.how == "added" else self.before
        owner = side.parts.owner(change.symbol)
        return change.how in ("added", "removed") and owner is not None and any(
            c.how == change.how and c.symbol == owner for c in self.changes)

    # ------------------------------------------------------------------ lines

    def line(self, change: Change) -> Line:
        """One change as text."""
        match change.how:
            case "added":
                return self._whole(change.how, self.after, change.symbol)
            case "removed":
                return self._whole(change.how, self.before, change.symbol)
            case "replaced":
                assert change.before is not None
                now = self._whole("replaced", self.after, change.symbol)
                was = self._whole("replaced", self.before, change.before).text
                if was != now.text:
                    return replace(now, was=was)
                then = self.before.parts.items[change.before].head
                heads = ends(self.matching, then, self.after.parts.items[change.symbol].head)
                return replace(now, text=" -> ".join(heads))
        fields = [field for field in change.fields if field.wire]
        remarks = [self.after.remark(change.symbol, *_key_of(field)) for field in fields]
        remark = next(filter(None, remarks), "")
        if change.how == "changed" and len(fields) > 1 and change.symbol.kind == "node":
            assert change.before is not None
            now = self._whole("changed", self.after, change.symbol)
            was = self._whole("changed", self.before, change.before).text
            if was != now.text:
                return replace(now, was=was, remark=remark)
        texts = [self._field(change, field) for field in fields]
        if change.how == "moved":
            assert change.before is not None
            texts.insert(0, f"moved here from {_body(change.before)}")
        return Line(change.how, (change.symbol,), "; ".join(texts), remark=remark)

    def _field(self, change: Change, field: FieldChange) -> str:
        name = "".join(_key_of(field)) if change.symbol.kind != "loss" or field.key != "of" else ""
        then, now = ends(self.matching, field.before, field.after)
        return f"{name}: {then} -> {now}" if name else f"{then} -> {now}"

    def _whole(self, how: How, side: Side, symbol: Symbol) -> Line:
        spec, parts = side.spec, tuple[Line, ...]()
        match symbol.kind:
            case "node":
                body = spec.networks[symbol.owner].nodes if symbol.owner else spec.graph
                known = self.matching.back if side is self.after else self.matching.pairs
                old = {name for name in body if Symbol("node", name, symbol.owner) in known}
                text = phrases.node(spec, symbol.name, symbol.owner, old)
            case "loss":
                text = phrases.loss(spec.losses[symbol.name])
            case "network":
                network = spec.networks[symbol.name]
                text = f"{network.result} from {phrases.listed(list(network.inputs))}"
                parts = tuple(self._whole(how, side, inner) for inner in side.parts.held(symbol))
                twin = self._twin(side, symbol)
                text = f"built as {twin}, with weights of its own" if twin else text
                remark = side.remark(symbol)
                return Line(how, (symbol,), text, remark=remark, parts=parts, told=bool(twin) or how == "removed")
            case _:
                text = term_text(side.parts.items[symbol].fields.get("axes"))
        return Line(how, (symbol,), text, remark=side.remark(symbol), parts=parts)


    def _twin(self, side: Side, network: Symbol) -> str:
        """A network of the same body that both specs have."""
        known = self.matching.back if side is self.after else self.matching.pairs
        networks = side.spec.networks
        return next((name for name, other in networks.items()
                     if Symbol("network", name) in known and other == networks[network.name]), "")


def _is_wiring(change: Change) -> bool:
    kind = change.symbol.kind
    if change.how == "changed" or kind == "part":
        return kind != "part" or change.symbol.name == "act" if any(f.wire for f in change.fields) else False
    return kind in ("node", "network", "loss", "input")


def _key(change: Change) -> Symbol | tuple[str, Symbol]:
    return ("removed", change.symbol) if change.how == "removed" else change.symbol


def _key_of(field: FieldChange) -> tuple[str, ...]:
    name = field.key.name if isinstance(field.key, Symbol) else field.key
    return (name,) if name else ()


def _body(symbol: Symbol) -> str:
    return f"network {symbol.owner}" if symbol.owner else "the graph"


def owned(line: Line, told: str, network: str) -> Line:
    """What is told of one network, of another in which the same changed."""
    symbols = tuple(replace(s, owner=network) if s.owner == told else s for s in line.symbols)
    return replace(line, symbols=symbols, parts=tuple(owned(part, told, network) for part in line.parts))


def _together(lines: list[Line]) -> list[Line]:
    """Lines of one text as one, and networks of one body."""
    found: dict[object, Line] = {}
    for line in lines:
        alike = line.symbol.kind == "network" or not line.parts
        parts = tuple(owned(part, line.symbol.name, "") for part in line.parts)
        key = (line.how, line.symbol.kind, line.symbol.owner, line.text, line.was, parts)
        held = found.get(key) if alike and line.text else None
        if held is None:
            found[key if alike else line] = line
        else:
            remarks = [r for r in (held.remark, line.remark) if r]
            found[key] = replace(held, symbols=(*held.symbols, *line.symbols), remark="; ".join(dict.fromkeys(remarks)))
    return list(found.values())
