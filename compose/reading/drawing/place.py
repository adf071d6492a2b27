"""One panel with a place for everything: shapes, the curves of edges, the zone of what agents compute alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compose.reading.drawing.coordinates import Cell, Link
from compose.reading.drawing.curves import Path, Point, smooth
from compose.reading.drawing.layered import layered
from compose.reading.drawing.picture import Box, Edge, Panel, Port
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.shape import NAMELESS, Shape, ordered, shape
from compose.reading.drawing.sideways import sideways

Direction = Literal["down", "right"]
Drawing = tuple[dict[str, Point], list[Path], float, float, Rect | None]
"""Corners of cells, curves of links, width, height, and the rectangle around ``first`` cells."""
ENDLESS = 1e5
"""Room across where the page does not bound it."""


@dataclass(frozen=True)
class Placed:
    """A panel laid out; everything counts from its top left corner."""

    panel: Panel
    shapes: tuple[tuple[Shape, float, float], ...]
    paths: tuple[tuple[Edge, Path], ...]
    w: float
    h: float
    zone: Rect | None = None
    """Around what agents compute alone, where there is anything else."""


def place(panel: Panel, direction: Direction = "down", room: float = 480.0) -> Placed:
    """Lay out a panel; one that runs down gets no wider than ``room`` if that goes. Deterministic."""
    sheet = _Sheet(panel, direction, room)
    return sheet.placed(sheet.reordered(sheet.opened()))


class _Sheet:
    """One panel. Within, everything runs down; a drawing to the right is one that runs down with x and y exchanged."""

    def __init__(self, panel: Panel, direction: Direction, room: float) -> None:
        self.panel, self.turned = panel, direction == "right"
        self.room = ENDLESS if self.turned else room

    def opened(self) -> list[Box]:
        """Boxes without names of ports get a port for every value that they read, so that edges arrive side by side."""
        def read(box: Box) -> tuple[Port, ...]:
            names = dict.fromkeys(_port(edge, box) for edge in self.panel.edges if edge.target == box.key)
            return tuple(map(Port, names))

        return [replace(box, ports=read(box)) if box.kind in NAMELESS else box for box in self.panel.boxes]

    def reordered(self, boxes: Sequence[Box]) -> list[Box]:
        """Boxes with ports and outputs in the order of where edges come from and go to, once they are laid out."""
        at = {box.key: box for box in boxes}
        _, paths, *_ = self.layout(self.shapes(boxes))
        sources: dict[tuple[str, str], list[float]] = {}
        targets: dict[tuple[str, str], list[float]] = {}
        for edge, path in zip(self.panel.edges, paths, strict=True):
            points = path.points(4)
            before = next((x for x, y in reversed(points) if y < path.end[1] - 8), path.start[0])
            after = next((x for x, y in points if y > path.start[1] + 8), path.end[0])
            sources.setdefault((edge.target, _port(edge, at[edge.target])), []).append(before)
            targets.setdefault((edge.source, edge.output), []).append(after)
        return [ordered(box, _means(sources, box.key), _means(targets, box.key)) for box in boxes]

    def placed(self, boxes: Sequence[Box]) -> Placed:
        shapes = self.shapes(boxes)
        corners, paths, w, h, zone = self.layout(shapes)
        if self.turned:
            corners = {key: (y, x) for key, (x, y) in corners.items()}
            paths = [path.turned() for path in paths]
            w, h, zone = h, w, zone and Rect(zone.y, zone.x, zone.h, zone.w)
        done = tuple((s, *corners[key]) for key, s in shapes.items())
        return Placed(self.panel, done, tuple(zip(self.panel.edges, paths, strict=True)), w, h, zone)

    def shapes(self, boxes: Sequence[Box]) -> dict[str, Shape]:
        return {box.key: (sideways if self.turned else shape)(box) for box in boxes}

    def layout(self, shapes: dict[str, Shape]) -> Drawing:
        """A drawing that runs down."""
        main = self.panel.key == "graph"
        cells = [Cell(key, *((s.h, s.w) if self.turned else (s.w, s.h)), s.box.zone == "local" and main,
                      s.box.kind == "tag") for key, s in shapes.items()]
        links = [self.link(edge, shapes) for edge in self.panel.edges]
        found = layered(cells, links, self.room)
        zone = Rect(0, 0, *found.border) if found.border is not None else None
        return found.cells, [smooth(route) for route in found.routes], found.across, found.down, zone

    def link(self, edge: Edge, shapes: dict[str, Shape]) -> Link:
        source, target = shapes[edge.source], shapes[edge.target]
        leaves, arrives = source.leaves(edge.output), target.arrives(_port(edge, target.box))
        if self.turned:
            leaves, arrives = leaves[::-1], arrives[::-1]
        return Link(edge.source, edge.target, edge.output, leaves[0], arrives[0], leaves[1], arrives[1])


def _port(edge: Edge, target: Box) -> str:
    return f"{edge.source}.{edge.output}" if target.kind in NAMELESS else edge.port


def _means(held: dict[tuple[str, str], list[float]], key: str) -> dict[str, float]:
    return {name: sum(places) / len(places) for (k, name), places in held.items() if k == key}


def shifted(placed: Placed, x: float, y: float) -> Placed:
    """The same somewhere else."""
    return replace(placed, shapes=tuple((s, a + x, b + y) for s, a, b in placed.shapes),
                   paths=tuple((edge, path.moved(x, y)) for edge, path in placed.paths),
                   zone=placed.zone.moved(x, y) if placed.zone else None)
