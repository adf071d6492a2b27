"""Frames on a page: in rows, in whatever form of each makes the page low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compose.reading.drawing.place import Placed, shifted
from compose.reading.drawing.rect import Rect

BETWEEN = 6.0
"""Between frames."""


@dataclass(frozen=True)
class Frame:
    """One panel on the page: its frame, its heading, and what is in it."""

    rect: Rect
    heading: str
    notes: tuple[str, ...]
    """Remarks on it: one line beside the heading, or several below."""
    placed: Placed


Page = tuple[list[Frame], float, float]
"""Frames with their places, how wide they are together, and where the last one ends."""


def lowest(forms: Sequence[Sequence[Frame]], room: float, corner: Rect) -> Page:
    """The lowest page no wider than ``room`` that comes of changing the form of one frame at a time.

    Args:
        forms: for each frame the ways to draw it, the usual one first.
        corner: where the page begins.
    """
    def packed(now: Sequence[int]) -> Page:
        return _packed([ways[i] for ways, i in zip(forms, now, strict=True)], room, corner)

    def price(page: Page) -> tuple[int, int]:
        return round(max(page[1], room)), round(page[2])

    taken = [0] * len(forms)
    best, better = packed(taken), True
    while better:
        better = False
        for frame, ways in enumerate(forms):
            for i in range(len(ways)):
                now = [*taken[:frame], i, *taken[frame + 1 :]]
                found = packed(now)
                if price(found) < price(best):
                    best, taken, better = found, now, True
    return best


def _packed(frames: Sequence[Frame], room: float, corner: Rect) -> Page:
    """The first frame on top if it is the main graph, the others from tall to short into the highest gap."""
    room = max([room, *(f.rect.w for f in frames)])
    order = sorted(range(len(frames)), key=lambda i: (bool(frames[i].placed.panel.network), -frames[i].rect.h, i))
    spots: dict[int, Rect] = {}
    free: list[Rect] = []
    y = corner.y
    for i in order:
        w, h = frames[i].rect.w, frames[i].rect.h
        spot = next((r for r in free if w <= r.w + 0.01 and h <= r.h + 0.01), None)
        if spot is None:
            spot = Rect(corner.x, y, room, h)
            y += h + BETWEEN
        else:
            free.remove(spot)
        spots[i] = spot
        free += [Rect(spot.x, spot.y + h + BETWEEN, w, spot.h - h - BETWEEN),
                 Rect(spot.x + w + BETWEEN, spot.y, spot.w - w - BETWEEN, spot.h)]
        free.sort(key=lambda r: (r.y, r.x))
    done = [_at(frame, spots[i]) for i, frame in enumerate(frames)]
    right = max((f.rect.x + f.rect.w for f in done), default=corner.x)
    return done, right - corner.x, max((f.rect.y + f.rect.h for f in done), default=corner.y)


def _at(frame: Frame, spot: Rect) -> Frame:
    return replace(frame, rect=frame.rect.moved(spot.x, spot.y), placed=shifted(frame.placed, spot.x, spot.y))
