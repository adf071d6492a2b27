"""Two methods side by side, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from compose.cli import page
from compose.cli.page import Cell
from compose.reading.diff.diff import Diff
from compose.reading.diff.effects import effects, number
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.wiring import Line, Place

SIGNS = {"added": "+", "removed": "-", "changed": "~", "replaced": "~", "moved": "~"}
_STYLES = {"+": "added", "-": "removed", "~": "changed", "=": "dim"}


def show(diff: Diff) -> None:
    """Print a diff: wiring, settings, consequences."""
    page.line(Cell(f"{diff.before.title} -> {diff.after.title}", "title"), Cell(f"  {environments(diff)}", "dim"))
    if diff.equal:
        page.line()
        page.paragraph(verdict(diff), style="ok")
    _show_renames(diff)
    if diff.equal:
        return
    if diff.wiring:
        page.title("wiring")
        for place in diff.wiring:
            _show_place(place)
    if diff.settings:
        page.title("settings")
        page.table([(_sign(line), Cell(names(line), "name"), Cell(remarked(line))) for line in diff.settings])
    page.title("consequences")
    rows, last = [], ""
    for name, text in effects(diff):
        rows.append((Cell("" if name == last else name, "name"), Cell(text)))
        last = name
    page.table(rows)


def environments(diff: Diff) -> str:
    """In which environment both are looked at."""
    then, now = (_environment(side) for side in (diff.before, diff.after))
    return then if then == now else f"{then} -> {now}"


def _environment(side: Side) -> str:
    return side.environment or "no environment: sizes are symbolic"


def verdict(diff: Diff) -> str:
    """One sentence for specs that are equal."""
    count, renames = diff.consequences.numbers[1], diff.renames
    weights = "" if count is None else f"; {number(count)} weights"
    if renames:
        return f"equal: one method under other names ({len(renames)} renamed){weights}"
    return f"equal: the same wiring, settings and claims{weights}"


def names(line: Line, owner: str | None = None) -> str:
    """What a line is about: ``mixer.b1, w2_mean, v``, without the network in which it stands anyway (``owner``)."""
    shown: list[str] = []
    for symbol in line.symbols:
        prefix = f"{symbol.owner}." if symbol.owner and symbol.owner != owner else ""
        shown.append(prefix + symbol.name)
        owner = symbol.owner
    kind = line.symbol.kind
    word = {"network": "network", "loss": "loss", "optimizer": "optimizer", "input": "input",
            "param": "param"}.get(kind, "")
    return f"{word}{'s' * (bool(word) and len(shown) > 1)} {', '.join(shown)}".strip()


def remarked(line: Line) -> str:
    """A line's text with the comment from its file."""
    return line.text + (f"   # {line.remark}" if line.remark else "")


def places(place: Place) -> str:
    """The heading of a place; empty for the graph."""
    word = "network" if len(place.networks) == 1 else "networks"
    return f"{word} {', '.join(place.networks)}" + ", all alike" * (len(place.networks) > 1) if place.networks else ""


def _sign(line: Line) -> Cell:
    sign = SIGNS[line.how]
    return Cell(sign, _STYLES[sign])


def _show_renames(diff: Diff) -> None:
    if not diff.renames:
        return
    page.title("renamed")
    page.table((Cell(where, "name"), Cell(", ".join(pairs))) for where, pairs in renames(diff).items())


def renames(diff: Diff) -> dict[str, list[str]]:
    """Where -> ``old -> new``, for everything that has but another name."""
    found: dict[str, list[str]] = {}
    for a, b in diff.renames:
        found.setdefault(_where(b), []).append(f"{a.name} -> {b.name}")
    return found


def _where(symbol: Symbol) -> str:
    if symbol.owner:
        return f"network {symbol.owner}"
    return {"param": "params", "axis": "axes", "network": "networks", "node": "graph", "loss": "losses",
            "optimizer": "optimizers"}[symbol.kind]


def _show_place(place: Place) -> None:
    heading = places(place)
    if heading:
        page.line(heading, indent=2)
    indent = 4 if heading else 2
    for line in place.lines:
        _show_lines([line], indent, place.networks[0] if place.networks else "")


def _show_lines(lines: Sequence[Line], indent: int, owner: str) -> None:
    """Lines of one body in columns, each with its parts below it; what went is told by its first line."""
    wide = max((len(names(line, owner)) for line in lines), default=0)
    for line in lines:
        name = Cell(names(line, owner).ljust(wide), "name")
        page.table([(_sign(line), name, Cell(remarked(line)))], indent=indent)
        if line.was:
            page.table([(Cell(" "), Cell(" " * wide), Cell(f"was: {line.was}", "dim"))], indent=indent)
        if not line.told:
            _show_lines(line.parts, indent + 2, line.symbol.name if line.symbol.kind == "network" else owner)
