"""A figure that fits a page: laid out in the shape of the page, then printed smaller if it must be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from compose.reading.drawing.choice import Choice
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
DIRECTIONS: tuple[Direction, ...] = ("down", "right")
WIDER = (1.0, 1.12)
"""Widths to try, in parts of the one that a figure of the same area and the shape of the page has."""


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
