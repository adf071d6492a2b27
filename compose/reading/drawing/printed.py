"""A drawing as PDF or PNG: what :mod:`svg` writes, drawn once more by matplotlib, which is imported only then.

Letters are outlines, as wide as the drawing says: they are sharp at any size, and the same on every machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from compose.language.media import drawing, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 300
"""Of PNG."""
SVG = "{http://www.w3.org/2000/svg}"


def png(svg: str) -> bytes:
    """The bytes of a PNG; the same drawing gives the same bytes."""
    made = io.BytesIO()
    with drawing():
        _figure(ET.fromstring(svg)).savefig(made, format="png", dpi=DPI, metadata={"Software": None})
    return made.getvalue()


def pdf(svgs: Iterable[str]) -> bytes:
    """The bytes of a PDF with a page for each drawing; the same drawings give the same bytes."""
    made = io.BytesIO()
    with drawing():
        from matplotlib.backends.backend_pdf import PdfPages

        with PdfPages(made, metadata={"CreationDate": None}) as pages:
            for svg in svgs:
                _figure(ET.fromstring(svg)).savefig(pages, format="pdf")
    return made.getvalue()


def _figure(root: ET.Element) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    x, y, w, h = map(float, root.attrib["viewBox"].split())
    across, down = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
    figure = Figure(figsize=(across / 72, down / 72))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(x, x + w), ylim=(y + h, y))
    axes.axis("off")
    pen = _Pen(axes, across / w, float(root.attrib["font-size"]))
    for element in root.iter():
        getattr(pen, element.tag.removeprefix(SVG), pen.nothing)(element.attrib, element.text or "")
    return figure


class _Pen:
    """Draws one element after the other; ``scale`` is how large a unit is in points."""

    def __init__(self, axes: Any, scale: float, size: float) -> None:
        self.axes, self.scale, self.size = axes, scale, size
        self.depth = 0

    def nothing(self, at: dict[str, str], text: str) -> None:
        """Groups and titles show nothing themselves."""

    def rect(self, at: dict[str, str], text: str) -> None:
        from matplotlib.patches import FancyBboxPatch

        corner, w, h = (float(at["x"]), float(at["y"])), float(at["width"]), float(at["height"])
        round_ = min(float(at.get("rx", 0)), w / 2, h / 2)
        style = f"round,pad=0,rounding_size={round_}" if round_ else "square,pad=0"
        self.add(FancyBboxPatch(corner, w, h, boxstyle=style, **self.look(at)))

    def circle(self, at: dict[str, str], text: str) -> None:
        from matplotlib.patches import Circle

        self.add(Circle((float(at["cx"]), float(at["cy"])), float(at["r"]), **self.look(at)))

    def polygon(self, at: dict[str, str], text: str) -> None:
        from matplotlib.patches import Polygon

        points = [tuple(map(float, point.split(","))) for point in at["points"].split()]
        self.add(Polygon(points, closed=True, **self.look(at)))

    def path(self, at: dict[str, str], text: str) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        points: list[tuple[float, float]] = []
        codes: list[int] = []
        for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", at["d"]):
            values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
            if letter == "v":
                values = [points[-1][0], points[-1][1] + values[0]]
            points += zip(values[::2], values[1::2], strict=True)
            codes += [int(code) for code in {"M": [Path.MOVETO], "C": [Path.CURVE4] * 3}.get(letter, [Path.LINETO])]
        self.add(PathPatch(Path(points, codes), **self.look(at)))

    def text(self, at: dict[str, str], text: str) -> None:
        from matplotlib.font_manager import FontProperties
        from matplotlib.patches import PathPatch
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

        if not text.strip():
            return
        font = FontProperties(family="DejaVu Sans", weight=at.get("font-weight", "normal"),
                              style="italic" if "font-style" in at else "normal")
        size, wide = float(at.get("font-size", self.size)), float(at["textLength"])
        x, y = float(at["x"]), float(at["y"])
        letters = TextPath((0, 0), picture(text), size=size, prop=font)
        box = letters.get_extents()
        squeeze = wide / (box.x0 + box.x1) if box.x1 > 0 else 1.0
        left = x - wide * {"middle": 0.5, "end": 1.0}.get(at.get("text-anchor", "start"), 0.0)
        self.add(PathPatch(Affine2D().scale(squeeze, -1).translate(left, y).transform_path(letters),
                           facecolor=at["fill"], linewidth=0))
        if at.get("text-decoration") == "line-through":
            middle = y - size * 0.3
            self.path({"d": f"M{left} {middle}L{left + wide} {middle}", "fill": "none", "stroke": at["fill"],
                       "stroke-width": "0.7"}, "")

    def look(self, at: dict[str, str]) -> dict[str, Any]:
        """Fill, line, width and dashes as matplotlib says them."""
        wide = float(at.get("stroke-width", 1)) * self.scale
        dashes = [float(n) * self.scale / wide for n in at.get("stroke-dasharray", "").split()]
        line = at.get("stroke", "none")
        return {"facecolor": at["fill"], "edgecolor": line, "linewidth": wide if line != "none" else 0.0,
                "linestyle": (0, dashes) if dashes else "solid", "capstyle": "butt", "joinstyle": "miter"}

    def add(self, patch: Any) -> None:
        """Put it on top of what is there."""
        self.depth += 1
        patch.set(zorder=self.depth, clip_on=False)
        self.axes.add_artist(patch)
