"""What of a picture to show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from compose.reading.drawing.picture import Panel, Picture
from compose.reading.drawing.place import Direction


@dataclass(frozen=True)
class Choice:
    """``only`` names networks (``graph`` for the main graph); empty means everything."""

    insides: bool = True
    only: Collection[str] = ()
    direction: Direction = "down"
    title: bool = True
    legend: bool = True


@dataclass(frozen=True)
class Shown:
    """A panel to draw, and the networks whose inside it shows too."""

    panel: Panel
    alike: tuple[str, ...]


def shown(picture: Picture, choice: Choice) -> list[Shown]:
    """The panels that are asked for; of those with one inside (and, in a comparison, one status each) the first."""
    groups: dict[object, list[Panel]] = {}
    for panel in picture.panels:
        wanted = (panel.network or "graph") in choice.only if choice.only else choice.insides or not panel.network
        if wanted:
            inside = (panel.like or panel.key, panel.status, tuple(box.status for box in panel.boxes))
            groups.setdefault(inside, []).append(panel)
    return [Shown(first, tuple(p.network for p in others)) for first, *others in groups.values()]
