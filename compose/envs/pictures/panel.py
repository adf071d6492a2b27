"""One view of an episode: a stage that is drawn once, and units that are drawn anew for every moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from compose.envs.pictures.colours import CLIFFS, DEAD, EDGE, GROUND, HEAL, PALE, SHIELD, WALLS, pale, rgb, side
from compose.envs.pictures.film import Film
from compose.envs.pictures.marks import arc, circle, marks
from compose.envs.pictures.overlaid import Overlaid
from compose.envs.pictures.scene import Floats, Moment
from compose.language.media import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RULER = 5
"""Cells that the ruler shows."""
SIDEWAYS = 0.3
"""How far beside the middle a shot is drawn, in radii."""
RECENT = 1.0
"""For how many steps a shot can be seen."""


class Panel:
    """Draws a film on axes. ``moving`` are the artists that :meth:`show` changes."""

    def __init__(self, axes: Axes, film: Film, *, ruler: bool = True) -> None:
        from matplotlib.collections import LineCollection, PolyCollection

        self.film, self._axes = film, axes
        stage = film.stage
        left, bottom, right, top = film.area()
        inches = axes.get_position().width * axes.figure.get_figwidth()  # type: ignore[union-attr]
        self._pen = min(1.0, max(0.4, inches / 4))
        """What widths of lines are multiplied by."""
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color=EDGE, linewidth=0.8 * self._pen, visible=stage.area is None)
        self._ground()
        if ruler and stage.cells is not None and stage.area is None:  # cells of a whole grid can be counted
            self._ruler(left, bottom, right, top)
        self._marks = marks(stage.kinds)
        self._order = np.argsort(-stage.radius, kind="stable").tolist()
        self._blasts = PolyCollection([], zorder=4.5, linewidths=0.8 * self._pen)
        self._views = PolyCollection([], zorder=2, linewidths=0.4 * self._pen)
        self._dead = LineCollection([], colors=DEAD, linewidths=1.1 * self._pen, zorder=3, capstyle="round")
        self._lines = LineCollection([], zorder=5, capstyle="round")
        self._units = PolyCollection([], zorder=4)
        self._over = Overlaid(film, self._pen)
        self.moving = [self._views, self._dead, *self._over.moving, self._units, self._blasts, self._lines]
        for artist in self.moving:
            axes.add_collection(artist, autolim=False)

    def show(self, time: float) -> None:
        """Draw how things were at a time, in steps."""
        moment, recent = self.film.at(time), self.film.recent(time, RECENT)
        self._over.show(moment, time)
        self._dead.set_segments(self._crosses(moment))
        polygons, faces, edges, widths = self._bodies(moment)
        self._units.set_verts(polygons)
        self._units.set(facecolors=faces, edgecolors=edges, linewidths=widths)
        lines, colours, thick = self._links(moment, recent)
        self._lines.set_segments(lines)
        self._lines.set(colors=colours, linewidths=thick)
        views = [(polygon, self._colour(unit)) for unit, polygon in moment.views]
        self._views.set_verts([polygon for polygon, _ in views])
        self._views.set(facecolors=[(*rgb(c), 0.07) for _, c in views], edgecolors=[(*rgb(c), 0.3) for _, c in views])
        blasts = [(polygon, self._colour(unit)) for m in recent for unit, polygon in m.blasts]
        self._blasts.set_verts([polygon for polygon, _ in blasts])
        self._blasts.set(facecolors=[(*rgb(c), 0.25) for _, c in blasts], edgecolors=[c for _, c in blasts])

    def _ground(self) -> None:
        from matplotlib.colors import ListedColormap

        stage, axes = self.film.stage, self._axes
        if stage.cells is not None:
            rows, columns = stage.cells.shape
            axes.set_facecolor(WALLS)
            colours = ListedColormap([WALLS, GROUND, CLIFFS])
            axes.imshow(stage.cells, cmap=colours, vmin=0, vmax=2, origin="lower", extent=(0, columns, 0, rows),
                        interpolation="nearest", zorder=0)
            axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
            self._borders(stage.cells)
        for room in stage.rooms:
            axes.fill(*room.T, facecolor=GROUND, edgecolor=EDGE, linewidth=0.8 * self._pen, zorder=0.5)
        for x, y, text in stage.notes:
            axes.text(x, y, picture(text), ha="center", va="center", fontsize=9 * self._pen, color=PALE, zorder=1)

    def _ruler(self, left: float, bottom: float, right: float, top: float) -> None:
        """How long some cells are."""
        start, height = right - RULER - 0.025 * (right - left), bottom + 0.045 * (top - bottom)
        self._axes.plot([start, start + RULER], [height, height], color=PALE, linewidth=1.6 * self._pen, zorder=1.5,
                        solid_capstyle="butt")
        self._axes.text(start + RULER / 2, height + 0.012 * (top - bottom), f"{RULER} cells", ha="center", va="bottom",
                        fontsize=8 * max(self._pen, 0.6), color=PALE, zorder=1.5)

    def _borders(self, cells: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Lines between cells of different sorts."""
        from matplotlib.collections import LineCollection

        ys, xs = np.nonzero(cells[:, 1:] != cells[:, :-1])
        upright = [((x + 1, y), (x + 1, y + 1)) for x, y in zip(xs, ys, strict=True)]
        ys, xs = np.nonzero(cells[1:] != cells[:-1])
        level = [((x, y + 1), (x + 1, y + 1)) for x, y in zip(xs, ys, strict=True)]
        self._axes.add_collection(LineCollection([*upright, *level], colors=EDGE, linewidths=0.8 * self._pen, zorder=1),
                                  autolim=False)

    def _crosses(self, moment: Moment) -> list[Floats]:
        radius = self.film.stage.radius
        found = []
        for unit in np.flatnonzero(~moment.alive):
            half = 0.45 * radius[unit]
            for sign in (1, -1):
                found.append(moment.position[unit] + np.array(((-half, -half * sign), (half, half * sign))))
        return found

    def _bodies(self, moment: Moment) -> tuple[list[Floats], list[Any], list[Any], list[float]]:
        """Polygons, their colours, their edges, the edges' widths: unit by unit, the largest first."""
        stage = self.film.stage
        parts: list[tuple[Floats, Any, Any, float]] = []
        for unit in self._order:
            if not moment.alive[unit]:
                continue
            place, radius = moment.position[unit], stage.radius[unit]
            colour = self._colour(unit)
            shapes: list[tuple[Floats, Any, Any, float]] = [(circle(48) * 1.02, "white", "white", 0.9 * self._pen)]
            meters = [(value, shade) for value, shade in zip(moment.meters[:, unit], (colour, SHIELD), strict=False)
                      if not np.isnan(value)]
            core = 1.0
            for (value, shade), (outer, inner) in zip(meters[::-1], _bands(len(meters)), strict=True):
                shapes.append((arc(1.0, inner, outer), pale(shade), "none", 0))
                if value > 0:
                    shapes.append((arc(float(value), inner, outer), shade, "none", 0))
                core = inner - 0.04
            sides = np.flatnonzero(stage.side[unit]).tolist()
            for place_in, own in enumerate(sides):
                shapes.append((circle(32) * core * (1 - place_in / len(sides)), side(own), "none", 0))
            mark = self._marks[stage.kind[unit]]
            if mark is not None:
                shapes.append((mark * core * 0.62, "white", "none", 0))
            parts += [(place + radius * shape, face, edge, width) for shape, face, edge, width in shapes]
        if not parts:
            return [], [], [], []
        polygons, faces, edges, widths = zip(*parts, strict=True)
        return list(polygons), list(faces), list(edges), list(widths)

    def _links(self, moment: Moment, recent: list[Moment]) -> tuple[list[Floats], list[Any], list[float]]:
        """Lines from who hits or heals to whom, each to the right of its way so that two that hit each other show
        both, and a dot where it hits."""
        healed = {pair for m in recent for pair in m.heals}
        shot = {pair for m in recent for pair in m.shots}
        radius = self.film.stage.radius
        found: list[tuple[Floats, Any, float]] = []
        for pairs, width in ((sorted(shot), 1.0), (sorted(healed), 2.0)):
            for source, target in pairs:
                start, end = moment.position[source], moment.position[target]
                away = end - start
                along = away / max(float(np.hypot(*away)), 1e-6)
                aside = SIDEWAYS * min(radius[source], radius[target]) * np.array((along[1], -along[0]))
                start, end = start + along * radius[source] * 0.9 + aside, end - along * radius[target] * 0.9 + aside
                colour = HEAL if width > 1 else self._colour(source)
                if float((end - start) @ along) > 0:
                    found.append((np.stack((start, end)), (*rgb(colour), 0.8), width * self._pen))
                found.append((np.stack((end, end)), colour, 3.5 * self._pen))
        if not found:
            return [], [], []
        lines, colours, widths = zip(*found, strict=True)
        return list(lines), list(colours), list(widths)

    def _colour(self, unit: int) -> str:
        """Of the unit's first side."""
        return side(int(np.flatnonzero(self.film.stage.side[unit])[0]))


def _bands(rings: int) -> tuple[tuple[float, float], ...]:
    """Outer and inner radius of each ring, from the outside in."""
    return ((), ((0.97, 0.72),), ((0.97, 0.83), (0.80, 0.62)))[rings]
