"""Two methods side by side as Markdown that GitHub renders: nested lists, and a table of consequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compose.cli.views.diff import SIGNS, environments, names, places, renames, verdict
from compose.language.media import markdown as escaped
from compose.reading.diff.diff import Diff
from compose.reading.diff.effects import effects
from compose.reading.diff.wiring import Line


def markdown(diff: Diff) -> str:
    """The whole diff as one Markdown document."""
    return "\n".join(_lines(diff)) + "\n"


def _lines(diff: Diff) -> Iterator[str]:
    yield f"## {_plain(diff.before.title)} → {_plain(diff.after.title)}"
    yield ""
    yield f"In {_plain(environments(diff))}."
    if diff.equal:
        yield from ("", f"**{_plain(verdict(diff))}**")
    if diff.renames:
        yield from ("", "### Renamed", "")
        yield from (f"- {_plain(where, first=True)}: {_plain(', '.join(pairs))}"
                    for where, pairs in renames(diff).items())
    if diff.equal:
        return
    if diff.wiring:
        yield from ("", "### Wiring", "")
        for place in diff.wiring:
            if heading := places(place):
                yield f"- {_plain(heading, first=True)}"
            yield from _bullets(place.lines, 2 * bool(heading), place.networks[0] if place.networks else "")
    if diff.settings:
        yield from ("", "### Settings", "")
        yield from _bullets(diff.settings, 0, None)
    yield from ("", "### Consequences", "", "| | |", "|---|---|")
    rows: dict[str, list[str]] = {}
    for name, text in effects(diff):
        rows.setdefault(name, []).append(_plain(text))
    yield from (f"| {name} | {'<br>'.join(texts)} |" for name, texts in rows.items())


def _bullets(lines: Iterable[Line], indent: int, owner: str | None) -> Iterator[str]:
    for line in lines:
        sign = {"-": "−"}.get(SIGNS[line.how], SIGNS[line.how])
        text = f"{' ' * indent}- **{_plain(f'{sign} {names(line, owner)}')}**: {_plain(line.text)}"
        text += f"; was: {_plain(line.was)}" if line.was else ""
        yield text + (f" *({_plain(line.remark)})*" if line.remark else "")
        if not line.told:
            inner = line.symbol.name if line.symbol.kind == "network" else owner
            yield from _bullets(line.parts, indent + 2, inner)


def _plain(text: str, *, first: bool = False) -> str:
    """Text whose characters mean nothing to Markdown."""
    return escaped(text.replace("->", "→"), first=first)
