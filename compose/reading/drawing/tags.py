"""Values that many boxes read: instead of an edge across the figure, each reader gets a tag with the value's name."""

from __future__ import annotations

from dataclasses import replace

from compose.reading.drawing.picture import Box, Edge, Panel

MANY = 5
"""So many readers make a fan of edges that nobody can follow."""
_AT = " @ "
"""Between what a tag stands for, the output and who reads it; names have no blanks."""


def tagged(panel: Panel) -> Panel:
    """The panel with a tag beside every reader of what :data:`MANY` boxes read."""
    readers: dict[tuple[str, str], dict[str, None]] = {}
    for edge in panel.edges:
        readers.setdefault((edge.source, edge.output), {})[edge.target] = None
    many = {value for value, found in readers.items() if len(found) >= MANY}
    boxes = {box.key: box for box in panel.boxes}
    tags: dict[str, Box] = {}
    edges = []
    for edge in panel.edges:
        if (edge.source, edge.output) in many and edge.source != edge.target:
            tag = _tag(edge, boxes[edge.source], boxes[edge.target])
            tags[tag.key] = tag
            edges.append(replace(edge, source=tag.key, output=""))
        else:
            edges.append(edge)
    return replace(panel, boxes=(*panel.boxes, *tags.values()), edges=tuple(edges))


def stands_for(key: str) -> str:
    """The key of the box that a tag stands for; any other key is its own."""
    return key.partition(_AT)[0]


def read_by(key: str) -> str:
    """The key of the box that a tag stands beside."""
    return key.rpartition(_AT)[2]


def _tag(edge: Edge, source: Box, target: Box) -> Box:
    name = f"{source.title}.{edge.output}" if edge.output else source.title
    return Box(f"{edge.source}{_AT}{edge.output}{_AT}{edge.target}", "tag", name, zone=target.zone)
