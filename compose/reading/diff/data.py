"""A diff as plain data, for tools. The structure is described in ``docs/diff.md`` and stays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from compose.language.diagnostics import dotted
from compose.reading.diff.changes import Change
from compose.reading.diff.diff import Diff
from compose.reading.diff.effects import effects
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.term_text import ends
from compose.reading.diff.wiring import Line, owned

Json = dict[str, Any]


def data(diff: Diff) -> Json:
    """Everything a diff says."""
    changes = {(change.how == "removed", change.symbol): change for change in diff.changes}
    wiring = [owned(line, place.networks[0], network) if network else line
              for place in diff.wiring for network in place.networks or ("",) for line in place.lines]
    return {
        "ok": True,
        "equal": diff.equal,
        "before": _side(diff.before),
        "after": _side(diff.after),
        "renamed": [{"kind": a.kind, "before": dotted(a.path), "after": dotted(b.path)} for a, b in diff.renames],
        "wiring": list(_entries(diff, wiring, changes, None, wires=True)),
        "settings": list(_entries(diff, diff.settings, changes, None, wires=False)),
        "consequences": _consequences(diff),
    }


def _side(side: Side) -> Json:
    return {"subject": side.title, "name": side.spec.name, "identity": side.spec.identity(), "env": side.environment}


def _entries(diff: Diff, lines: Iterable[Line], changes: dict[tuple[bool, Symbol], Change], sake: str | None, *,
             wires: bool) -> Iterator[Json]:
    """One entry for each name; ``for`` is what an addition or a removal was made for."""
    for line in lines:
        for symbol in line.symbols:
            change = changes.get((line.how == "removed", symbol))
            before = symbol if line.how == "removed" else diff.matching.back.get(symbol)
            fields = [field for field in change.fields if field.wire == wires] if change is not None else []
            told = [ends(diff.matching, f.before, f.after) for f in fields]
            yield {
                "change": line.how, "kind": symbol.kind,
                "before": None if before is None else dotted(before.path),
                "after": None if line.how == "removed" else dotted(symbol.path),
                "text": line.text, "was": line.was or None, "comment": line.remark or None, "for": sake,
                "fields": [{"field": f.key.name if isinstance(f.key, Symbol) else f.key,
                            "before": None if f.before is None else then,
                            "after": None if f.after is None else now}
                           for f, (then, now) in zip(fields, told, strict=True)],
            }  # fmt: skip
        home = dotted(line.symbol.path)
        for symbol in line.symbols:
            network = line.symbol.kind == "network"
            parts = [owned(part, line.symbol.name, symbol.name) for part in line.parts] if network else line.parts
            yield from _entries(diff, parts, changes, sake or home, wires=wires)
            if not network:
                break


def _consequences(diff: Diff) -> Json:
    found = diff.consequences
    named = {"before": 0, "after": 1}
    return {
        "text": [{"about": name, "text": text} for name, text in effects(diff)],
        "axes": [asdict(axis) for axis in found.axes],
        "weights": {
            "total": {end: found.numbers[i] for end, i in named.items()},
            "networks": {name: {"before": then, "after": now} for name, (then, now) in found.networks.items()},
            "changed": [{**asdict(w), "before": _listed(w.before), "after": _listed(w.after)} for w in found.weights],
        },
        "losses": [{**asdict(loss), "weight_before": _listed(loss.weight_before),
                    "weight_after": _listed(loss.weight_after), "course_before": _listed(loss.course_before),
                    "course_after": _listed(loss.course_after)} for loss in found.losses],
        "acting": {"values_same": found.values_same, "choice_same": found.choice_same},
        "proofs": [{**asdict(proof), "path": list(proof.path), "changed": proof.changed} for proof in found.proofs],
        "updates_per_episode": {end: found.updates[i] for end, i in named.items()},
        "environment": {end: found.environments[i] for end, i in named.items()},
    }  # fmt: skip


def _listed(values: tuple[Any, ...] | None) -> list[Any] | None:
    """A list; None for what is not bounded, which JSON cannot say."""
    return None if values is None else [None if isinstance(v, float) and math.isinf(v) else v for v in values]
