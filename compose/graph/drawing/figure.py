"""A whole figure: panels beside and below one another on a page of a given width, with headings and a legend."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compose.graph.drawing.dot import Unusable, available
from compose.graph.drawing.legend import Entry, legend
from compose.graph.drawing.picture import Panel, Picture
from compose.graph.drawing.place import Direction, Engine, Placed, place, shifted
from compose.graph.drawing.rect import Rect
from compose.graph.drawing.text import LINE, SMALL, TITLE, width, wrap

PAGE = 504.0
"""Seven inches: the text width of a single-column page, in points."""
Layout = Literal["auto", "own", "dot"]
MARGIN, INSET, BETWEEN, HEAD = 4.0, 8.0, 8.0, 15.0


@dataclass(frozen=True)
class Choice:
    """What to show. ``only`` names networks (``graph`` for the main graph); empty means everything."""

    insides: bool = True
    direction: Direction = "down"
    only: Collection[str] = ()
    title: bool = True
    legend: bool = True


@dataclass(frozen=True)
class Frame:
    """One panel on the page: its frame, its heading, and what is in it."""

    rect: Rect
    heading: str
    note: str
    placed: Placed


@dataclass(frozen=True)
class Figure:
    """Everything with its place, in points."""

    picture: Picture
    choice: Choice
    w: float
    h: float
    title: tuple[str, ...]
    """The lines at the top; the first is the name."""
    frames: tuple[Frame, ...]
    legend: tuple[tuple[Entry, float, float], ...]

    @property
    def smallest_text(self) -> float:
        """Points of the smallest text when the figure is as wide as :data:`PAGE`."""
        return SMALL * min(1.0, PAGE / self.w)


def figure(picture: Picture, choice: Choice | None = None, engine: Engine = "own", page: float = PAGE) -> Figure:
    """Lay out a picture.

    Panels whose inside is that of another network are named in its heading instead of being drawn again.

    Raises:
        compose.graph.drawing.dot.Unusable: if the engine is dot and does not do it.
    """
    choice = choice or Choice()
    shown = [p for p in chosen(picture, choice) if not twin(picture, p)]
    title = _title(picture, page) if choice.title else ()
    top = MARGIN + (TITLE * LINE + 3 + SMALL * LINE * (len(title) - 1) + 4 if title else 0)
    frames, w, h = _lowest([_forms(picture, panel, choice, engine, page - 2 * MARGIN) for panel in shown],
                           page - 2 * MARGIN, top)
    entries, foot = _rows(legend([f.placed for f in frames], picture.compared) if choice.legend else [], w, h + BETWEEN)
    high = (foot if entries else h) + MARGIN
    return Figure(picture, choice, w + 2 * MARGIN, high, title, tuple(frames), tuple(entries))


def _forms(picture: Picture, panel: Panel, choice: Choice, engine: Engine, room: float) -> list[Frame]:
    """Ways to draw a panel: the main graph as it is asked for, networks also narrower and to the right."""
    inside = room - 2 * INSET
    if not panel.network or choice.direction == "right" or engine == "dot":
        return [_framed(picture, place(panel, engine, choice.direction, inside))]
    ways: list[tuple[Direction, float]] = [("down", inside), ("down", room / 2 - 2 * INSET), ("right", inside)]
    return [_framed(picture, place(panel, engine, *way)) for way in ways]


def _lowest(forms: Sequence[list[Frame]], room: float, top: float) -> tuple[list[Frame], float, float]:
    """The lowest page that comes of changing the form of one panel at a time."""
    def packed(now: Sequence[int]) -> tuple[list[Frame], float, float]:
        return _packed([ways[i] for ways, i in zip(forms, now, strict=True)], room, top)

    taken = [0] * len(forms)
    best = packed(taken)
    better = True
    while better:
        better = False
        for panel, ways in enumerate(forms):
            for i in range(len(ways)):
                now = [*taken[:panel], i, *taken[panel + 1 :]]
                found = packed(now)
                if (round(found[1]), round(found[2])) < (round(best[1]), round(best[2])):
                    best, taken, better = found, now, True
    return best


def drawn(picture: Picture, choice: Choice | None = None, layout: Layout = "auto",
          page: float = PAGE) -> tuple[Figure, str]:
    """The figure by our own layout, by Graphviz's dot, or (``auto``, where there is a dot) by the one that comes out
    narrower, and a remark if dot was wanted and did not do it."""
    own = figure(picture, choice, "own", page) if layout != "dot" else None
    if layout == "own" or (own is not None and not available()):
        assert own is not None
        return own, ""
    try:
        other = figure(picture, choice, "dot", page)
    except Unusable as problem:
        return own or figure(picture, choice, "own", page), f"own layout, as {problem}"
    return (own, "") if own is not None and (own.w, own.h) <= (other.w, other.h) else (other, "laid out by dot")


def chosen(picture: Picture, choice: Choice) -> list[Panel]:
    """The panels that are asked for."""
    if choice.only:
        return [p for p in picture.panels if (p.network or "graph") in choice.only]
    return [p for p in picture.panels if choice.insides or not p.network]


def twin(picture: Picture, panel: Panel) -> Panel | None:
    """The panel that already shows the inside of this one; None where it must be shown itself."""
    other = picture.panel(panel.like) if panel.like else None
    if other is None or other.status != panel.status:
        return None
    return other if [b.status for b in other.boxes] == [b.status for b in panel.boxes] else None


def _title(picture: Picture, page: float) -> tuple[str, ...]:
    main = picture.panel("graph")
    text = main.subtitle if main is not None else ""
    return (f"{picture.title}" + (f"   ({picture.subtitle})" if picture.subtitle else ""), *wrap(text, page - 20))


def _framed(picture: Picture, placed: Placed) -> Frame:
    panel = placed.panel
    zone = 13.0 if placed.zone is not None else 0.0
    note = []
    if panel.network:
        same = [p.network for p in picture.panels if twin(picture, p) is panel]
        note += [f"= {', '.join(same)} (same inside, own weights)"] if same else []
        note += [panel.subtitle] + ([f"{panel.weights} weights"] if panel.weights not in ("", "0") else [])
    heading = panel.network or "graph"
    head = HEAD if panel.network else 2.0
    wide = width(heading, TITLE, bold=True) + width(", ".join(note)) + 3 * INSET if panel.network else 0.0
    lines = 1
    if wide > placed.w + 2 * INSET and panel.network:
        wide = max(width(heading, TITLE, bold=True) + 20, *(width(line) + 12 for line in wrap("\n".join(note), 150)))
        lines = 1 + len(wrap("\n".join(note), 150))
        head += SMALL * LINE * (lines - 1)
    inner = max(placed.w + 2 * INSET, wide)
    rect = Rect(0, 0, inner, placed.h + head + zone + 2 * INSET)
    moved = shifted(placed, (inner - placed.w) / 2, head + zone + INSET - (2 if not panel.network else 0))
    return Frame(rect, heading, ", ".join(note) if lines == 1 else "\n".join(wrap("\n".join(note), 150)), moved)


def _packed(frames: Sequence[Frame], room: float, top: float) -> tuple[list[Frame], float, float]:
    """Frames in rows, the main graph first, the others from tall to short, columns filled from the top."""
    room = max([room, *(f.rect.w for f in frames)])
    order = sorted(range(len(frames)), key=lambda i: (bool(frames[i].placed.panel.network), -frames[i].rect.h, i))
    spots: dict[int, tuple[float, float]] = {}
    free: list[Rect] = []
    y = top
    for i in order:
        w, h = frames[i].rect.w, frames[i].rect.h
        spot = next((r for r in free if w <= r.w + 0.01 and h <= r.h + 0.01), None)
        if spot is None:
            spot = Rect(MARGIN, y, room, h)
            y += h + BETWEEN
        else:
            free.remove(spot)
        spots[i] = (spot.x, spot.y)
        free += [Rect(spot.x, spot.y + h + BETWEEN, w, spot.h - h - BETWEEN),
                 Rect(spot.x + w + BETWEEN, spot.y, spot.w - w - BETWEEN, spot.h)]
        free.sort(key=lambda r: (r.y, r.x))
    done = [_at(frame, *spots[i]) for i, frame in enumerate(frames)]
    right = max((f.rect.x + f.rect.w for f in done), default=0.0)
    return done, max(right - MARGIN, 0.0), max((f.rect.y + f.rect.h for f in done), default=top)


def _at(frame: Frame, x: float, y: float) -> Frame:
    return replace(frame, rect=frame.rect.moved(x, y), placed=shifted(frame.placed, x, y))


def _rows(entries: Sequence[Entry], room: float, top: float) -> tuple[list[tuple[Entry, float, float]], float]:
    """Legend entries in rows; where the last row ends."""
    placed, x, y = [], MARGIN, top
    for entry in entries:
        if x + entry.w > MARGIN + room and x > MARGIN:
            x, y = MARGIN, y + 13
        placed.append((entry, x, y))
        x += entry.w + 10
    return placed, y + 12
