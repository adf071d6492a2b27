"""Settings as lines: params, arguments, loss weights, acting, the learner; numbers old -> new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from compose.reading.diff.changes import Change, FieldChange
from compose.reading.diff.matching import Matching
from compose.reading.diff.phrases import apart
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Item
from compose.reading.diff.term_text import ends, term_text
from compose.reading.diff.wiring import Line

_SHOWN = ("param", "optimizer")
"""Kinds that are settings as a whole."""


def settings(before: Side, after: Side, matching: Matching, changes: Iterable[Change]) -> list[Line]:
    """A line for every definition whose settings changed; those that changed alike in one line."""
    lines: dict[object, Line] = {}
    for change in changes:
        line = _line(before, after, matching, change)
        if line is None:
            continue
        key = (line.how, line.symbol.kind, line.text) if line.symbol.kind == "node" else change
        held = lines.get(key)
        if held is None:
            lines[key] = line
        else:
            remarks = [r for r in (held.remark, line.remark) if r]
            lines[key] = replace(held, symbols=(*held.symbols, *line.symbols), remark="; ".join(dict.fromkeys(remarks)))
    order = {"param": 0, "node": 1, "loss": 2, "part": 3, "optimizer": 4}
    return sorted(lines.values(), key=lambda line: order.get(line.symbol.kind, 1))


def _line(before: Side, after: Side, matching: Matching, change: Change) -> Line | None:
    symbol = change.symbol
    if symbol.kind == "axis" or (symbol.name == "claims" and symbol.kind == "part"):
        return None
    if change.how in ("added", "removed") and symbol.kind in _SHOWN:
        side = after if change.how == "added" else before
        item = side.parts.items[symbol]
        words = [term_text(item.head)] if symbol.kind == "optimizer" else []
        words += _all(item)
        return Line(change.how, (symbol,), ", ".join(words), remark=side.remark(symbol))
    if change.how == "replaced" and symbol.kind == "optimizer":
        assert change.before is not None
        then, now = before.parts.items[change.before], after.parts.items[symbol]
        return Line("changed", (symbol,), f"{term_text(then.head)} -> {term_text(now.head)}, {', '.join(_all(now))}",
                    remark=after.remark(symbol, "kind"))
    fields = [field for field in change.fields if not field.wire]
    if not fields or change.how not in ("changed", "moved"):
        return None
    remarks = [after.remark(symbol, *str(field.key).split(".")) for field in fields]
    texts = [_field(before, after, matching, change, field) for field in fields]
    return Line("changed", (symbol,), "; ".join(texts), remark=next(filter(None, remarks), ""))


def _all(item: Item) -> list[str]:
    """All fields of a part, but that an optimizer takes one step."""
    told = [f"{key} {term_text(term)}".strip() for key, term in item.fields.items()]
    return [text for text in told if text != "steps 1"]


def _field(before: Side, after: Side, matching: Matching, change: Change, field: FieldChange) -> str:
    then, now = ends(matching, field.before, field.after)
    if change.symbol.kind == "loss" and field.key == "weight" and change.before is not None:
        numbers = [side.graph.losses[s.name].weight.constant for side, s in (
            (before, change.before), (after, change.symbol))]
        known = iter(apart(*(number for number in numbers if number is not None)))
        then, now = (text if number is None or (shown := next(known)) == text else f"{text} = {shown}"
                     for text, number in zip((then, now), numbers, strict=True))
    text = f"{then} -> {now}"
    return f"{field.key} {text}" if field.key else text
