"""A diff in few words: a line for each thing that is wired or set otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compose.reading.diff.diff import Diff
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.wiring import Line


def brief(diff: Diff) -> list[str]:
    """``learner: replay.batch 32 -> 64``, ``new q_in: ...``; wiring first, then settings, in one column."""
    wired = [(line, ", ".join(place.networks)) for place in diff.wiring for line in place.lines]
    return list(dict.fromkeys(_told([*wired, *((line, "") for line in diff.settings)])))


def _told(lines: Iterable[tuple[Line, str]]) -> Iterator[str]:
    for line, networks in lines:
        names = ", ".join(_name(symbol, networks) for symbol in line.symbols)
        new = {"added": "new ", "removed": "gone "}.get(line.how, "")
        yield f"{new}{names}: {line.text}" + (f"; was: {line.was}" if line.was else "")


def _name(symbol: Symbol, networks: str) -> str:
    owner = networks or symbol.owner
    kind = "" if symbol.kind in ("node", "part") else f"{symbol.kind} "
    return kind + (f"{owner}.{symbol.name}" if owner and symbol.kind != "network" else symbol.name)
