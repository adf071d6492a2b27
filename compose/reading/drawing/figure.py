"""A whole figure: panels beside and below one another on a page of a given width, with headings and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compose.reading.drawing.choice import Choice, Shown, shown
from compose.reading.drawing.legend import Entry, legend
from compose.reading.drawing.packing import BETWEEN, Frame, lowest
from compose.reading.drawing.picture import Picture
from compose.reading.drawing.place import Direction, Placed, place, shifted
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.tags import tagged
from compose.reading.drawing.text_width import LINE, SMALL, TITLE, width, wrap

PAGE = 504.0
"""Seven inches: the text width of a single-column page, in points."""
MARGIN, INSET = 3.0, 6.0
"""Around everything; between a frame and what is in it."""
HEAD, ZONE_HEAD, NOTE = 15.0, 13.0, 150.0
"""Height of a network's heading and of a zone's; how wide the remark of a narrow network gets."""


@dataclass(frozen=True)
class Figure:
    """Everything with its place, in points."""

    picture: Picture
    w: float
    h: float
    title: tuple[str, ...]
    """The lines at the top; the first is the name."""
    frames: tuple[Frame, ...]
    legend: tuple[tuple[Entry, float, float], ...]
    scale: float = 1.0
    """How much larger it is printed than it was laid out."""

    @property
    def smallest_text(self) -> float:
        """Points of the smallest text as it is printed."""
        return SMALL * self.scale

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height as it is printed."""
        return self.w * self.scale / 72, self.h * self.scale / 72


def figure(picture: Picture, choice: Choice | None = None, page: float = PAGE) -> Figure:
    """Lay out a picture, no wider than ``page`` if that goes. Networks whose insides are the same are drawn once, under
    all their names; what many read becomes tags."""
    choice = choice or Choice()
    room = page - 2 * MARGIN
    title = _title(picture, page) if choice.title else ()
    top = MARGIN + (TITLE * LINE + 7 + SMALL * LINE * (len(title) - 1) if title else 0)
    forms = [_forms(one, choice, room) for one in shown(picture, choice)]
    frames, w, h = lowest(forms, room, Rect(MARGIN, top, 0, 0))
    entries, foot = _rows(legend([f.placed for f in frames], picture.compared) if choice.legend else [], w, h + BETWEEN)
    high = (foot if entries else h) + MARGIN
    return Figure(picture, w + 2 * MARGIN, high, title, tuple(frames), tuple(entries))


def _title(picture: Picture, page: float) -> tuple[str, ...]:
    main = picture.panel("graph")
    name = f"{picture.title}   ({picture.subtitle})" if picture.subtitle else picture.title
    return (name, *wrap(main.subtitle if main is not None else "", page - 20))


def _forms(one: Shown, choice: Choice, room: float) -> list[Frame]:
    """Ways to draw a panel: the main graph as it is asked for, networks also narrower and to the right."""
    inside = room - 2 * INSET
    panel = tagged(one.panel)
    ways: list[tuple[Direction, float]] = [(choice.direction, inside)]
    if panel.network and choice.direction == "down":
        ways += [("down", room / 2 - 2 * INSET), ("right", inside)]
    return [_framed(one, place(panel, *way)) for way in ways]


def _framed(one: Shown, placed: Placed) -> Frame:
    """A panel in its frame; a network has a heading."""
    zone = ZONE_HEAD if placed.zone is not None else 0.0
    if not one.panel.network:
        rect = Rect(0, 0, placed.w + 2 * INSET, placed.h + zone + 2 * INSET)
        return Frame(rect, "graph", (), shifted(placed, INSET, zone + INSET))
    remarks = [f"= {', '.join(one.alike)} (same inside, own weights)"] if one.alike else []
    remarks += [one.panel.subtitle] if one.panel.subtitle else []
    remarks += [f"{one.panel.weights} weights"] if one.panel.weights not in ("", "0") else []
    chip = width(one.panel.network, TITLE, bold=True) + 20
    notes = [", ".join(remarks)]
    beside = chip + width(notes[0]) + INSET
    if len(remarks) > 1 and beside > placed.w + 2 * INSET:  # below the name instead
        notes = wrap("\n".join(remarks), NOTE)
        beside = max([chip, *(width(line) + 2 * INSET for line in notes)])
    head = HEAD + zone + (SMALL * LINE * len(notes) if len(notes) > 1 else 0.0)
    wide = max(placed.w + 2 * INSET, beside)
    rect = Rect(0, 0, wide, placed.h + head + 2 * INSET)
    return Frame(rect, one.panel.network, tuple(notes), shifted(placed, (wide - placed.w) / 2, head + INSET))


def _rows(entries: Sequence[Entry], room: float, top: float) -> tuple[list[tuple[Entry, float, float]], float]:
    """Legend entries in rows; where the last row ends."""
    placed, x, y = [], MARGIN, top
    for entry in entries:
        if x + entry.w > MARGIN + room and x > MARGIN:
            x, y = MARGIN, y + 13
        placed.append((entry, x, y))
        x += entry.w + 10
    return placed, y + 12
