"""The same layout by Graphviz: cells and links go to ``dot`` as text, places and curves come back as JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from compose.graph.drawing.coordinates import Cell, Link
from compose.graph.drawing.curves import Curve, Path, Point
from compose.graph.drawing.rect import Rect

PATIENCE = 30
"""Seconds."""


class Unusable(Exception):
    """dot is missing or did not do it; the text says why."""


def available() -> bool:
    """Is there a ``dot`` on the PATH?"""
    return shutil.which("dot") is not None


Drawing = tuple[dict[str, Point], list[Path], float, float, Rect | None]
"""Corners of cells, curves of links, width, height, and the rectangle around ``first`` cells."""


def layout(cells: Sequence[Cell], links: Sequence[Link]) -> Drawing:
    """Place cells and route links.

    Raises:
        Unusable: if dot is missing, fails, takes longer than half a minute, or answers something else.
    """
    if not available():
        raise Unusable("there is no dot on the PATH")
    try:
        done = subprocess.run(["dot", "-Tjson"], input=source(cells, links), capture_output=True, text=True,
                              timeout=PATIENCE, check=True)
        return _read(json.loads(done.stdout), cells, links)
    except subprocess.CalledProcessError as error:
        raise Unusable(f"dot: {error.stderr.strip().splitlines()[0] if error.stderr.strip() else 'failed'}") from None
    except subprocess.TimeoutExpired:
        raise Unusable(f"dot took longer than {PATIENCE} seconds") from None
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Unusable(f"dot gave nothing usable ({type(error).__name__})") from None


def source(cells: Sequence[Cell], links: Sequence[Link]) -> str:
    """The graph in dot's language: every cell a table of its exact size, with a port wherever links arrive or leave."""
    names = {cell.key: f"n{i}" for i, cell in enumerate(cells)}
    lines = ["digraph {", "graph [ranksep=0.34 nodesep=0.16 splines=true]", "node [shape=plain]", "edge [dir=none]"]
    first = [cell for cell in cells if cell.first]
    if 0 < len(first) < len(cells):
        lines.append("subgraph cluster_first { margin=6 " + " ".join(names[c.key] for c in first) + "}")
    for cell in cells:
        tops = sorted({link.arrives for link in links if link.target == cell.key})
        feet = sorted({link.leaves for link in links if link.source == cell.key})
        rows = (_row("i", tops, cell.across), f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{cell.across:.2f}" '
                f'HEIGHT="{max(cell.down - 2, 1):.2f}"></TD></TR>', _row("o", feet, cell.across))
        lines.append(f'{names[cell.key]} [label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
                     f'{"".join(rows)}</TABLE>>]')
    for i, link in enumerate(links):
        lines.append(f'{names[link.source]}:"o{link.leaves:.2f}":s -> {names[link.target]}:"i{link.arrives:.2f}":n '
                     f'[id="e{i}"]')
    return "\n".join([*lines, "}"])


def _row(side: str, places: Sequence[float], across: float) -> str:
    """A row of height 1 with a narrow cell, a port, at each place."""
    cells, at = [], 0.0
    for place in places:
        cells += [_cell(place - 0.5 - at), _cell(1, f'PORT="{side}{place:.2f}"')]
        at = place + 0.5
    cells.append(_cell(across - at))
    return ('<TR><TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'{"".join(cells)}</TR></TABLE></TD></TR>')


def _cell(wide: float, port: str = "") -> str:
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{max(wide, 0.01):.2f}" HEIGHT="1" {port}></TD>'


def _read(data: Mapping[str, Any], cells: Sequence[Cell], links: Sequence[Link]) -> Drawing:
    left, low, right, high = map(float, data["bb"].split(","))
    objects = {o["name"]: o for o in data["objects"]}
    corners: dict[str, Point] = {}
    for i, cell in enumerate(cells):
        x, y = map(float, objects[f"n{i}"]["pos"].split(","))
        corners[cell.key] = (x - left - cell.across / 2, high - y - cell.down / 2)
    drawn = {edge["id"]: edge["pos"] for edge in data.get("edges", ())}
    paths = []
    for i, link in enumerate(links):
        points = [(float(x) - left, high - float(y)) for x, y in (p.split(",") for p in drawn[f"e{i}"].split())]
        (ax, ay), (bx, by) = corners[link.source], corners[link.target]
        paths.append(_ends(points, (ax + link.leaves, ay + link.foot), (bx + link.arrives, by + link.top)))
    zone = objects.get("cluster_first")
    if zone is None:
        return corners, paths, right - left, high - low, None
    x0, y0, x1, y1 = map(float, zone["bb"].split(","))
    return corners, paths, right - left, high - low, Rect(x0 - left, high - y1, x1 - x0, y1 - y0)


def _ends(points: list[Point], start: Point, end: Point) -> Path:
    """The curve from the exact start to the exact end, straight where dot's own begins and ends a little off."""
    curves: list[Curve] = [(start, points[0], points[0])]
    curves += [(points[i], points[i + 1], points[i + 2]) for i in range(1, len(points) - 2, 3)]
    return Path(start, (*curves, (points[-1], end, end)))
