"""A figure that fits a page: laid out in the shape of the page, then printed smaller if it must be; one that would get
too small to read goes over several pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from compose.reading.drawing.choice import Choice, shown
from compose.reading.drawing.figure import Figure, figure
from compose.reading.drawing.picture import Picture
from compose.reading.drawing.place import Direction

PageName = Literal["a4", "letter", "slide"]


@dataclass(frozen=True)
class Page:
    """The room for a figure, in points, and how much larger than it is laid out it may be printed."""

    w: float
    h: float
    largest: float = 1.0


PAGES: dict[PageName, Page] = {
    "a4": Page(504, 732), "letter": Page(504, 684), "slide": Page(912, 492, 2.0),
}  # fmt: skip
"""Text width and height: seven inches wide with a line left for a caption; a slide of 16:9, to be read from afar."""
READABLE = 6.0
"""Points of text below which a figure goes over several pages."""
DIRECTIONS: tuple[Direction, ...] = ("down", "right")
WIDER = (1.0, 1.06, 1.12)
"""Widths to try, in parts of the one that a figure of the same area and the shape of the page has."""


def sheets(picture: Picture, choice: Choice, name: PageName, *, turn: bool = False) -> list[Figure]:
    """The figure, or several that show its panels in turn, on each as many as can be read."""
    whole = fitted(picture, choice, name, turn=turn)
    rest = [[one.panel.network or "graph", *one.alike] for one in shown(picture, choice)]
    if whole.smallest_text >= READABLE or len(rest) == 1:
        return [whole]
    found: list[Figure] = []
    on: list[str] = []
    for names in rest:
        more = fitted(picture, replace(choice, only=[*on, *names]), name, turn=turn)
        if on and more.smallest_text >= READABLE:
            found[-1] = more
        else:
            found.append(more if not on else fitted(picture, replace(choice, only=names), name, turn=turn))
            on = []
        on += names
    return [replace(one, title=_counted(one.title, i, len(found))) for i, one in enumerate(found, 1)]


def _counted(title: tuple[str, ...], page: int, pages: int) -> tuple[str, ...]:
    return title and (f"{title[0]}   {page} of {pages}", *title[1:])


def fitted(picture: Picture, choice: Choice, name: PageName, *, turn: bool = False) -> Figure:
    """The figure in the largest print that fits the page, of a few layouts that come near its shape.

    With ``turn``, it runs to the right if that fits better.
    """
    if turn:
        ways = [fitted(picture, replace(choice, direction=way), name) for way in DIRECTIONS]
        return max(ways, key=lambda one: one.scale)
    page = PAGES[name]
    room = page.w / page.largest
    best = _scaled(figure(picture, choice, room), page)
    ideal = sqrt(best.w * best.h * page.w / page.h)
    for part in WIDER:
        if best.scale < page.largest and part * ideal > room:
            best = max(best, _scaled(figure(picture, choice, part * ideal), page), key=lambda one: one.scale)
    return best


def _scaled(found: Figure, page: Page) -> Figure:
    return replace(found, scale=min(page.largest, page.w / found.w, page.h / found.h))
