"""One panel with a place for everything: shapes, the curves of edges, the zone of what agents compute alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compose.graph.drawing import dot
from compose.graph.drawing.coordinates import Cell, Layout, Link
from compose.graph.drawing.curves import Path, smooth
from compose.graph.drawing.layered import layered
from compose.graph.drawing.picture import Box, Edge, Panel, Port
from compose.graph.drawing.rect import Rect
from compose.graph.drawing.shape import NAMELESS, Shape, ordered, shape

Engine = Literal["own", "dot"]

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


def place(panel: Panel, engine: Engine = "own", room: float = 480.0) -> Placed:
    """Lay out a panel, no wider than ``room`` if that goes. Deterministic for the own engine.

    Raises:
        compose.graph.drawing.dot.Unusable: if dot is asked for and does not do it.
    """
    once = _once(panel, [_opened(box, panel) for box in panel.boxes], engine, room)
    return _once(panel, _ordered(once), engine, room)


def _once(panel: Panel, boxes: Sequence[Box], engine: Engine, room: float) -> Placed:
    shapes = {box.key: shape(box) for box in boxes}
    cells = [Cell(key, s.w, s.h, s.box.zone == "local" and panel.key == "graph") for key, s in shapes.items()]
    links = [_link(edge, shapes) for edge in panel.edges]
    if engine == "dot":
        corners, paths, w, h, zone = dot.layout(cells, links)
    else:
        layout = layered(cells, links, room)
        corners, w, h = layout.cells, layout.across, layout.down
        paths, zone = [smooth(route) for route in layout.routes], _zone(layout)
    placed = tuple((s, *corners[key]) for key, s in shapes.items())
    return Placed(panel, placed, tuple(zip(panel.edges, paths, strict=True)), w, h, zone)


def _opened(box: Box, panel: Panel) -> Box:
    """A box without names of ports gets one for every value that it reads, so that edges arrive side by side."""
    if box.kind not in NAMELESS:
        return box
    return replace(box, ports=tuple(Port(name) for name in dict.fromkeys(
        _port(edge, box) for edge in panel.edges if edge.target == box.key)))


def _port(edge: Edge, target: Box) -> str:
    return f"{edge.source}.{edge.output}" if target.kind in NAMELESS else edge.port


def _link(edge: Edge, shapes: dict[str, Shape]) -> Link:
    source, target = shapes[edge.source], shapes[edge.target]
    leaves, foot = source.leaves(edge.output)
    arrives, top = target.arrives(_port(edge, target.box))
    return Link(edge.source, edge.target, edge.output, leaves, arrives, foot, top)


def _zone(layout: Layout) -> Rect | None:
    if layout.border is None:
        return None
    return Rect(0, 0, *layout.border)


def _ordered(placed: Placed) -> list[Box]:
    """Boxes with ports and outputs in the order of where edges come from and go to."""
    middle = {s.box.key: x + s.w / 2 for s, x, _ in placed.shapes}
    boxes = {s.box.key: s.box for s, _, _ in placed.shapes}
    sources: dict[tuple[str, str], list[float]] = {}
    targets: dict[tuple[str, str], list[float]] = {}
    for edge, path in placed.paths:
        points = path.points(4)
        near = next((p[0] for p in reversed(points) if p[1] < path.end[1] - 8), middle[edge.source])
        far = next((p[0] for p in points if p[1] > path.start[1] + 8), middle[edge.target])
        sources.setdefault((edge.target, _port(edge, boxes[edge.target])), []).append(near)
        targets.setdefault((edge.source, edge.output), []).append(far)

    def mean(held: dict[tuple[str, str], list[float]], key: str) -> dict[str, float]:
        return {name: sum(xs) / len(xs) for (k, name), xs in held.items() if k == key}

    return [ordered(s.box, mean(sources, s.box.key), mean(targets, s.box.key)) for s, _, _ in placed.shapes]


def shifted(placed: Placed, x: float, y: float) -> Placed:
    """The same somewhere else."""
    return replace(placed, shapes=tuple((s, a + x, b + y) for s, a, b in placed.shapes),
                   paths=tuple((edge, path.moved(x, y)) for edge, path in placed.paths),
                   zone=placed.zone.moved(x, y) if placed.zone else None)
