"""A diff as pictures: one in which both specs lie over one another, or two side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from compose.reading.diff.diff import Diff
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol
from compose.reading.drawing.build import draw
from compose.reading.drawing.overlay import overlay
from compose.reading.drawing.picture import Box, Edge, Panel, Picture, Status


def overlaid(diff: Diff) -> Picture:
    """Everything of both, by the names of the second; what came, went and changed is marked."""
    return overlay(_drawn(diff.before), _drawn(diff.after), _renamed(diff), _changed(diff, before=False))


def beside(diff: Diff) -> tuple[Picture, Picture]:
    """Each spec by itself: in the first what went and changed is marked, in the second what came and changed."""
    back = {after: before for before, after in _renamed(diff).items()}
    first = overlay(_drawn(diff.after), _drawn(diff.before), back, _changed(diff, before=True))
    second = overlaid(diff)
    return (replace(_own(first, came="removed"), title=diff.before.title),
            replace(_own(second, came="added"), title=diff.after.title))


def touched(picture: Picture) -> tuple[str, ...]:
    """The main graph and the networks in which anything is marked, as :class:`Choice` names them."""
    plain = {"same", "renamed"}
    marked = [p.network for p in picture.panels if p.network
              and {p.status, *(b.status for b in p.boxes), *(e.status for e in p.edges)} - plain]
    return ("graph", *dict.fromkeys(marked))


def _drawn(side: Side) -> Picture:
    return replace(draw(side.loaded, side.graph), title=side.title)


def key(symbol: Symbol) -> str:
    """What a picture calls a definition: ``q_in``, ``utility.a``, ``losses.aux``, ``network.utility``."""
    match symbol.kind:
        case "network":
            return f"network.{symbol.name}"
        case "loss":
            return f"losses.{symbol.name}"
        case _:
            return f"{symbol.owner}.{symbol.name}" if symbol.owner else symbol.name


def _renamed(diff: Diff) -> Mapping[str, str]:
    """Keys that are others now; of what a renamed network holds too."""
    kinds = ("node", "network", "input", "loss")
    pairs = {key(a): key(b) for a, b in diff.matching.pairs.items() if a.kind in kinds}
    return {a: b for a, b in pairs.items() if a != b}


def _changed(diff: Diff, *, before: bool) -> Collection[str]:
    """Keys of what both have and is not the same; a moved node counts as changed."""
    both = [change for change in diff.changes if change.how not in ("added", "removed")]
    ends = [change.before if before else change.after for change in both]
    return {key(symbol) for symbol in ends if symbol is not None}


def _own(picture: Picture, came: Status) -> Picture:
    """Without what is only in the other spec; what is only in this one has the status ``came``."""
    return replace(picture, panels=tuple(
        replace(panel, boxes=_kept(panel.boxes, came), edges=_kept(panel.edges, came), status=_status(panel, came))
        for panel in picture.panels if panel.status != "removed"))


Marked = TypeVar("Marked", Box, Edge)


def _kept(items: tuple[Marked, ...], came: Status) -> tuple[Marked, ...]:
    return tuple(replace(item, status=_status(item, came)) for item in items if item.status != "removed")


def _status(item: Box | Edge | Panel, came: Status) -> Status:
    return came if item.status == "added" else item.status
