"""A figure as self-contained SVG: no scripts, no fonts or images from elsewhere. One unit is one point."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

from compose.language.media import markup
from compose.reading.drawing import palette
from compose.reading.drawing.curves import Path, Point
from compose.reading.drawing.figure import Figure
from compose.reading.drawing.legend import SWATCH, Entry
from compose.reading.drawing.packing import Frame
from compose.reading.drawing.palette import FAINT, GREY, INK, PAPER, ZONE, Tint
from compose.reading.drawing.picture import Box, Edge
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.shape import Shape, Text
from compose.reading.drawing.tags import read_by, stands_for
from compose.reading.drawing.text_width import LINE, SMALL, TITLE, width

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans Condensed', sans-serif"
DASHES = {"mask": "3 1.8", "target": "0.9 1.5", "delay": "6 1.5 1.2 1.5"}


def svg(figure: Figure, *, page: bool = False) -> str:
    """The text of an SVG file; with ``page``, an element that fills its place in an HTML page."""
    return _Writer(figure, page=page).text()


class _Writer:
    """One file in the making."""

    def __init__(self, figure: Figure, *, page: bool) -> None:
        self.figure, self.tints = figure, palette.tints(figure.picture)
        w, h = _n(figure.w), _n(figure.h)
        across, down = (f"{_n(inches * 72)}pt" for inches in figure.inches)
        size = {} if page else {"width": across, "height": down}
        self.root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "viewBox": f"0 0 {w} {h}",
                                       "font-family": FONT, "font-size": _n(SMALL)})
        ET.SubElement(self.root, "title").text = figure.picture.title

    def text(self) -> str:
        figure = self.figure
        self.rect(self.root, Rect(0, 0, figure.w, figure.h), PAPER, "none", css="paper")
        y = TITLE + 4
        for i, line in enumerate(figure.title):
            size = TITLE + 1.5 if not i else SMALL
            self.line(self.root, 6, y, line, size, bold=not i, fill=INK if not i else FAINT, anchor="start",
                      css="note")
            y += SMALL * LINE + (3 if not i else 0)
        for frame in figure.frames:
            self.frame(frame)
        for entry, x, y in figure.legend:
            self.entry(entry, x, y)
        for element in self.root.iter():
            element.text = None if element.text is None else markup(element.text)
            element.attrib.update({name: markup(value) for name, value in element.attrib.items()})
        ET.indent(self.root, " ")
        return ET.tostring(self.root, encoding="unicode") + "\n"

    # ---------------------------------------------------------------- panels

    def frame(self, frame: Frame) -> None:
        panel = frame.placed.panel
        group = ET.SubElement(self.root, "g", {"class": "panel", "data-key": panel.key})
        tint = self.tint_of(panel.network, panel.status)
        local = bool(panel.network) and panel.zone == "local"
        self.rect(group, frame.rect, ZONE if local else PAPER, tint.line if panel.network else "#b0b0b0", 5,
                  css="frame zone" if local else "frame", width=1.0 if panel.network else 0.6)
        if panel.network:
            x, y = frame.rect.x + 7, frame.rect.y + 10.5
            sign = palette.SIGNS[panel.status] if self.figure.picture.compared else ""
            was = f" (was {panel.was.removeprefix('network.')})" if panel.was else ""
            heading = f"{sign} {frame.heading}{was}".strip()
            wide = width(heading, TITLE, bold=True) + 8
            self.rect(group, Rect(frame.rect.x + 3, frame.rect.y + 3, wide, 11), tint.fill, tint.line, 3, css="chip")
            self.line(group, x, y + 0.8, heading, TITLE, bold=True, anchor="start")
            for i, line in enumerate(frame.notes):
                at = (x + wide + 1, y) if len(frame.notes) == 1 else (x, y + SMALL * LINE * (i + 1) + 1.5)
                self.line(group, *at, line, SMALL, fill=FAINT, anchor="start", css="note")
        if frame.placed.zone is not None:
            self.zone(group, frame)
        for edge, path in sorted(frame.placed.paths, key=lambda p: p[0].status != "same"):
            self.edge(group, edge, path)
        for shape, x, y in frame.placed.shapes:
            self.box(group, shape, x, y)

    def zone(self, group: ET.Element, frame: Frame) -> None:
        zone = frame.placed.zone
        assert zone is not None
        around = Rect(zone.x - 5, zone.y - 15, zone.w + 5, zone.h + 20)
        self.rect(group, around, ZONE, "#9fb2c4", 4, css="zone", width=0.6)
        self.line(group, around.x + 5, around.y + 8.5, "decentralised: every agent alone", SMALL, bold=True, fill=FAINT,
                  anchor="start", css="note")
        right = frame.rect.x + frame.rect.w - 7
        self.line(group, right, around.y + 8.5, "centralised: training only", SMALL, bold=True, fill=FAINT,
                  anchor="end", css="note")

    # ----------------------------------------------------------------- boxes

    def tint_of(self, network: str, status: str) -> Tint:
        if self.figure.picture.compared:
            return palette.STATUSES[status]  # type: ignore[index]
        return self.tints.get(network, palette.PLAIN)

    def box(self, group: ET.Element, shape: Shape, x: float, y: float) -> None:
        box = shape.box
        compared = self.figure.picture.compared
        tint = self.tint_of(box.network if box.kind == "application" else "", box.status)
        if box.kind in ("field", "input") and not compared:
            tint = palette.GREY
        g = ET.SubElement(group, "g", {"class": f"box {box.kind} {box.status}"})
        if box.key:  # the legend's have none
            key, tag = stands_for(box.key), box.kind == "tag"
            g.attrib.update({"data-of": key, "data-for": read_by(box.key)} if tag else {"data-key": key})
            ET.SubElement(g, "title").text = f"{key}, drawn elsewhere" if tag else _hover(box)
        for tab in shape.tabs:
            self.rect(g, Rect(tab.x + x, tab.y + y - 2, tab.w, tab.h + 2), PAPER, "#b5b5b5", 2, css="tab", width=0.5)
        body = shape.body.moved(x, y)
        if box.kind == "tag":
            tint = Tint(GREY.fill, "none")
        round_ = body.h / 2 if box.kind in ("field", "input") else 2.5
        dash = "3.2 1.8" if box.target or box.status == "removed" else ""
        heavy = 1.6 if box.kind in ("loss", "act") else 1.0 if box.kind == "application" else 0.7
        self.rect(g, body, tint.fill, INK if box.kind in ("loss", "act") and not compared else tint.line, round_,
                  css="body", width=heavy, dash=dash)
        if box.kind == "application":
            for at in (2.2, body.w - 2.2):
                self.stroke(g, f"M{_n(body.x + at)} {_n(body.y)}v{_n(body.h)}", tint.line, 0.6)
        if box.kind == "act" or box.returned:
            inner = Rect(body.x + 1.8, body.y + 1.8, body.w - 3.6, body.h - 3.6)
            line = INK if box.kind == "act" and not compared else tint.line
            self.rect(g, inner, "none", line, 1.5, css="inner", width=0.6)
        for pill in shape.pills:
            self.rect(g, pill.moved(x, y), PAPER, tint.line, pill.h / 2, css="pill", width=0.6)
        for text in shape.texts:
            self.words(g, text, x, y, gone=box.status == "removed")
        if compared and box.status != "same":
            self.badge(g, palette.SIGNS[box.status], body, tint)

    def words(self, g: ET.Element, text: Text, x: float, y: float, *, gone: bool) -> None:
        title = text.role == "title"
        fill = INK if title or text.role == "sub" else FAINT
        drawn = self.line(g, text.x + x, text.y + y, text.text, text.size, bold=title, fill=fill, css=text.role)
        if text.role == "tab":
            drawn.set("font-style", "italic")
        if gone and title:
            drawn.set("text-decoration", "line-through")

    def badge(self, g: ET.Element, sign: str, body: Rect, tint: Tint) -> None:
        ET.SubElement(g, "circle", {"cx": _n(body.x), "cy": _n(body.y), "r": "4.2", "fill": tint.line})
        self.line(g, body.x, body.y + 2.7, sign, TITLE, bold=True, fill=PAPER)

    # ----------------------------------------------------------------- edges

    def edge(self, group: ET.Element, edge: Edge, path: Path) -> None:
        colour = palette.STATUSES[edge.status].line if self.figure.picture.compared else "#444444"
        g = ET.SubElement(group, "g", {"class": f"edge {edge.kind} {edge.status}"})
        if edge.source:
            g.attrib.update({"data-source": stands_for(edge.source), "data-target": edge.target})
            ET.SubElement(g, "title").text = _says(edge)
        heavy = 1.3 if edge.status in ("added", "removed") else 0.8
        self.stroke(g, _d(path), colour, heavy, DASHES.get(edge.kind, "2 2" if edge.status == "removed" else ""))
        before = path.curves[-1][1] if path.curves[-1][1] != path.end else _before(path)
        self.head(g, before, path.end, colour)
        if "stop" in edge.via.split() or edge.kind == "stop":
            self.bar(g, path, colour)

    def head(self, g: ET.Element, before: Point, end: Point, colour: str) -> None:
        angle = math.atan2(end[1] - before[1], end[0] - before[0])
        wings = [(end[0] - 4.4 * math.cos(a), end[1] - 4.4 * math.sin(a)) for a in (angle + 0.42, angle - 0.42)]
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in (end, *wings))
        ET.SubElement(g, "polygon", {"points": points, "fill": colour, "class": "head"})

    def bar(self, g: ET.Element, path: Path, colour: str) -> None:
        """Two short strokes across the edge, a little before its end."""
        points = path.points(24)
        a = b = points[-1]
        for p in reversed(points):
            a, b = p, a
            if math.dist(p, path.end) > 10:
                break
        angle = math.atan2(b[1] - a[1], b[0] - a[0])
        nx, ny = -math.sin(angle) * 4, math.cos(angle) * 4
        for back in (0.0, 2.4):
            x, y = a[0] - back * math.cos(angle), a[1] - back * math.sin(angle)
            self.stroke(g, f"M{_n(x - nx)} {_n(y - ny)}L{_n(x + nx)} {_n(y + ny)}", colour, 1.3)

    # ---------------------------------------------------------------- legend

    def entry(self, entry: Entry, x: float, y: float) -> None:
        g = ET.SubElement(self.root, "g", {"class": "legend"})
        if entry.sign:
            self.sign(g, entry.sign, x, y)
        start = x + (SWATCH + 4 if entry.sign else 0)
        self.line(g, start, y + 7.5, entry.text, SMALL, fill=FAINT, anchor="start", css="note")

    def sign(self, g: ET.Element, sign: str, x: float, y: float) -> None:
        swatch = Rect(x, y, SWATCH, 9.5)
        if sign.startswith("edge-"):
            path = Path((x, y + 5), (((x + 8, y + 5), (x + 14, y + 5), (x + SWATCH, y + 5)),))
            self.edge(g, Edge("", "", kind=sign.removeprefix("edge-")), path)  # type: ignore[arg-type]
        elif sign in palette.STATUSES:
            tint = palette.STATUSES[sign]
            self.rect(g, swatch, tint.fill, tint.line, 2.5, dash="3.2 1.8" if sign == "removed" else "")
            self.line(g, x + SWATCH / 2, y + 7.6, palette.SIGNS[sign], TITLE, bold=True, fill=tint.line)
        elif sign == "zone":
            self.rect(g, swatch, ZONE, "#9fb2c4", 2.5, css="zone", width=0.6)
        elif sign == "mark":
            self.rect(g, Rect(x + 4, y, 14, 9.5), PAPER, palette.PLAIN.line, 4.7, css="pill", width=0.6)
            self.line(g, x + 11, y + 7.2, "f", SMALL, fill=FAINT)
        else:
            kind = {"target": "application", "returned": "block"}.get(sign, sign)
            box = Box("", kind, "", target=sign == "target", returned=sign == "returned")  # type: ignore[arg-type]
            self.box(g, Shape(box, swatch.w, swatch.h, Rect(0, 0, swatch.w, swatch.h), ()), x, y)

    # ----------------------------------------------------------------- parts

    def rect(self, g: ET.Element, r: Rect, fill: str, line: str, round_: float = 0, *, css: str = "",
             width: float = 0.8, dash: str = "") -> None:
        made = {"x": _n(r.x), "y": _n(r.y), "width": _n(r.w), "height": _n(r.h), "fill": fill}
        made |= {"rx": _n(round_)} if round_ else {}
        made |= {"stroke": line, "stroke-width": _n(width)} if line != "none" else {}
        made |= {"stroke-dasharray": dash} if dash else {}
        ET.SubElement(g, "rect", made | ({"class": css} if css else {}))

    def stroke(self, g: ET.Element, d: str, colour: str, width: float, dash: str = "") -> None:
        ET.SubElement(g, "path", {"d": d, "fill": "none", "stroke": colour, "stroke-width": _n(width)}
                      | ({"stroke-dasharray": dash} if dash else {}))

    def line(self, g: ET.Element, x: float, y: float, text: str, size: float, *, bold: bool = False, fill: str = INK,
             anchor: str = "middle", css: str = "") -> ET.Element:
        made = {"x": _n(x), "y": _n(y), "fill": fill, "textLength": _n(width(text, size, bold=bold)),
                "lengthAdjust": "spacingAndGlyphs"}
        made |= {"font-size": _n(size)} if size != SMALL else {}
        made |= {"font-weight": "bold"} if bold else {}
        made |= {"text-anchor": anchor} if anchor != "start" else {}
        made |= {"class": css} if css else {}
        drawn = ET.SubElement(g, "text", made)
        drawn.text = text
        return drawn


def _hover(box: Box) -> str:
    return "\n".join(filter(None, (box.key, box.subtitle, *box.details.axes)))


def _says(edge: Edge) -> str:
    start = stands_for(edge.source)
    source = f"{start}.{edge.output}" if edge.output else start
    target = f"{edge.target}.{edge.port}" if edge.port else edge.target
    return f"{source} -> {target}" + (f"  [{edge.axes}]" if edge.axes else "")


def _before(path: Path) -> Point:
    if len(path.curves) > 1:
        return path.curves[-2][2] if path.curves[-2][2] != path.end else path.curves[-2][1]
    return path.start


def _d(path: Path) -> str:
    parts = [f"M{_n(path.start[0])} {_n(path.start[1])}"]
    at = path.start
    for b, c, d in path.curves:
        straight = b == at and c == d
        places = " ".join(f"{_n(px)} {_n(py)}" for px, py in ((d,) if straight else (b, c, d)))
        parts.append(f"{'L' if straight else 'C'}{places}")
        at = d
    return "".join(parts)


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
