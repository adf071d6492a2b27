"""What is laid over a view of an episode: lines from who looks at whom, halos in the colours of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from compose.envs.pictures.colours import HALOS, LOOK, rgb
from compose.envs.pictures.film import Film
from compose.envs.pictures.marks import arc
from compose.envs.pictures.scene import Floats, Moment, Overlay
from compose.language.media import picture

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

FAINTEST = 0.02
"""Links of less are not drawn."""
INSIDE, OUTSIDE = 1.1, 1.36
"""Of a halo, in radii of its unit."""
MOST = 8
"""Groups that a legend names."""


class Overlaid:
    """Draws the overlay of a film, if it has one; ``moving`` are the artists that :meth:`show` changes."""

    def __init__(self, film: Film, pen: float) -> None:
        from matplotlib.collections import LineCollection, PolyCollection

        self._film, self._pen = film, pen
        self._links = LineCollection([], zorder=3.5, capstyle="round")
        self._halos = PolyCollection([], zorder=3.8, linewidths=0)
        self.moving: list[Any] = [self._links, self._halos] if film.overlay is not None else []

    def show(self, moment: Moment, time: float) -> None:
        """Draw it as it was at a time, around units where they are now; the dead have none."""
        overlay = self._film.overlay
        if overlay is None:
            return
        lines, shades, widths = self._looks(overlay, moment, time)
        self._links.set_segments(lines)
        self._links.set(colors=shades, linewidths=widths)
        halos, faces = self._rings(overlay, moment, time)
        self._halos.set_verts(halos)
        self._halos.set(facecolors=faces)

    def _looks(self, overlay: Overlay, moment: Moment, time: float) -> tuple[list[Floats], list[Any], list[float]]:
        lines: list[Floats] = []
        shades: list[Any] = []
        widths: list[float] = []
        if overlay.links is not None:
            at = overlay.links[min(int(time), len(overlay.links) - 1)]
            for source, target in np.argwhere(at > FAINTEST):
                if source != target and moment.alive[source] and moment.alive[target]:
                    weight = float(min(at[source, target], 1.0))
                    lines.append(moment.position[[source, target]])
                    shades.append((*rgb(LOOK), 0.15 + 0.75 * weight))
                    widths.append((0.4 + 3.2 * weight) * self._pen)
        return lines, shades, widths

    def _rings(self, overlay: Overlay, moment: Moment, time: float) -> tuple[list[Floats], list[Any]]:
        halos: list[Floats] = []
        faces: list[Any] = []

        def ring(unit: int, colour: str, share: float) -> None:
            place, radius = moment.position[unit], self._film.stage.radius[unit]
            halos.append(place + radius * arc(1.0, INSIDE, OUTSIDE))
            faces.append((*rgb(colour), 0.2 + 0.8 * min(max(share, 0.0), 1.0)))

        alive = np.flatnonzero(moment.alive).tolist()
        if overlay.links is not None:
            at = overlay.links[min(int(time), len(overlay.links) - 1)]
            for unit in alive:
                if at[unit, unit] > FAINTEST:
                    ring(unit, LOOK, float(at[unit, unit]))
        if overlay.groups is not None:
            step = min(int(time), len(overlay.groups) - 1)
            for unit in alive:
                group = int(overlay.groups[step, unit])
                if group >= 0:
                    ring(unit, halo(group), 1.0 if overlay.shares is None else float(overlay.shares[step, unit]))
        return halos, faces


def halo(number: int) -> str:
    """The colour of a group; from the ninth on they begin again."""
    return HALOS[number % len(HALOS)]


def legend(overlay: Overlay | None, size: float) -> list[Line2D]:
    """What an overlay's lines and halos mean, as entries of a legend whose letters have this size."""
    from matplotlib.lines import Line2D

    if overlay is None:
        return []
    if overlay.links is not None:
        return [Line2D([], [], color=LOOK, linewidth=1.8, label=picture(overlay.name))]
    assert overlay.groups is not None
    numbers = [int(n) for n in np.unique(overlay.groups) if n >= 0][:MOST]
    words = {n: overlay.words[n] if n < len(overlay.words) else str(n) for n in numbers}
    return [Line2D([], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor=halo(n),
                   markeredgewidth=size * 0.25, markersize=size * 0.9,
                   label=picture(f"{overlay.name} {words[n]}" if place == 0 else words[n]))
            for place, n in enumerate(numbers)]
