"""One panel with a place for everything: shapes, the curves of edges, the zone of what agents compute alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compose.graph.drawing import dot
from compose.graph.drawing.curves import Path, smooth
from compose.graph.drawing.layered import Cell, Layout, Link, layered
from compose.graph.drawing.picture import Box, Edge, Panel
from compose.graph.drawing.rect import Rect
from compose.graph.drawing.shape import Shape, ordered, shape

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


def place(panel: Panel, engine: Engine = "own") -> Placed:
    """Lay out a panel. Deterministic for the own engine.

    Raises:
        compose.graph.drawing.dot.Unusable: if dot is asked for and does not do it.
    """
    once = _once(panel, panel.boxes, engine)
    return _once(panel, _ordered(once), engine)


def _once(panel: Panel, boxes: Sequence[Box], engine: Engine) -> Placed:
    shapes = {box.key: shape(box) for box in boxes}
    cells = [Cell(key, s.w, s.h, s.box.zone == "local" and panel.key == "graph") for key, s in shapes.items()]
    links = [_link(edge, shapes) for edge in panel.edges]
    if engine == "dot":
        corners, paths, w, h, zone = dot.layout(cells, links)
    else:
        layout = layered(cells, links)
        corners, w, h = layout.cells, layout.across, layout.down
        paths, zone = [smooth(route) for route in layout.routes], _zone(layout)
    placed = tuple((s, *corners[key]) for key, s in shapes.items())
    return Placed(panel, placed, tuple(zip(panel.edges, paths, strict=True)), w, h, zone)


def _link(edge: Edge, shapes: dict[str, Shape]) -> Link:
    source, target = shapes[edge.source], shapes[edge.target]
    leaves, foot = source.leaves(edge.output)
    arrives, top = target.arrives(edge.port)
    return Link(edge.source, edge.target, edge.output, leaves, arrives, foot, top)


def _zone(layout: Layout) -> Rect | None:
    if layout.border is None:
        return None
    return Rect(0, 0, *layout.border)


def _ordered(placed: Placed) -> list[Box]:
    """Boxes with ports and outputs in the order of where edges come from and go to."""
    middle = {s.box.key: x + s.w / 2 for s, x, _ in placed.shapes}
    sources: dict[tuple[str, str], list[float]] = {}
    targets: dict[tuple[str, str], list[float]] = {}
    for edge, path in placed.paths:
        points = path.points(4)
        near = next((p[0] for p in reversed(points) if p[1] < path.end[1] - 8), middle[edge.source])
        far = next((p[0] for p in points if p[1] > path.start[1] + 8), middle[edge.target])
        sources.setdefault((edge.target, edge.port), []).append(near)
        targets.setdefault((edge.source, edge.output), []).append(far)

    def mean(held: dict[tuple[str, str], list[float]], key: str) -> dict[str, float]:
        return {name: sum(xs) / len(xs) for (k, name), xs in held.items() if k == key}

    return [ordered(s.box, mean(sources, s.box.key), mean(targets, s.box.key)) for s, _, _ in placed.shapes]


def shifted(placed: Placed, x: float, y: float) -> Placed:
    """The same somewhere else."""
    return replace(placed, shapes=tuple((s, a + x, b + y) for s, a, b in placed.shapes),
                   paths=tuple((edge, path.moved(x, y)) for edge, path in placed.paths),
                   zone=placed.zone.moved(x, y) if placed.zone else None)
