"""Films as GIFs, and as strips of stills for papers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from compose.envs.pictures.animate import animated
from compose.envs.pictures.colours import DEAD, EDGE, HEAL, INK, PALE, SHIELD, exact, pale, side
from compose.envs.pictures.film import Film
from compose.envs.pictures.marks import marks
from compose.envs.pictures.overlaid import legend
from compose.envs.pictures.panel import Panel
from compose.language.media import drawing, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GIF = (".gif",)
"""Endings of files that :func:`gif` writes."""
STRIPS = (".png", ".pdf", ".svg")
"""Endings of files that :func:`strip` writes."""
DPI, SHARP = 100, 200
"""Pixels an inch of a GIF, and of a PNG."""
LONG = 6.4
"""Inches of the longer side of what a GIF shows."""
PAGE = 7.2
"""Inches: the width of a strip, that of a page's text in most journals is a little less."""
HEAD, FOOT, SIDE = 0.46, 0.34, 0.12
"""Inches above, below and beside what a GIF shows."""
CLOCK = 1.7
"""Inches that the step takes beside the title."""
MOST_SIDES = 6
"""Of which a legend has room for the names."""
GAP, SAID = 0.08, 0.18
"""Inches between the stills of a strip, and above each for its step."""
HOLD = 2.0
"""Seconds for which the last frame of a GIF stays."""


@drawing()
def gif(film: Film, title: str, times: Sequence[float], fps: float) -> bytes:
    """An animated GIF that shows a film at ``times`` (in steps), and begins anew after :data:`HOLD` seconds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    left, bottom, right, top = film.area()
    scale = LONG / max(right - left, top - bottom)
    wide, high = (right - left) * scale, (top - bottom) * scale
    width, height = wide + 2 * SIDE, high + HEAD + FOOT
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((SIDE / width, FOOT / height, wide / width, high / height))
    panel = Panel(axes, film)
    _title(figure, title, SIDE, 0.09, CLOCK, 11)
    clock = figure.text(1 - SIDE / width, 1 - 0.09 / height, "", ha="right", va="top", fontsize=11, color=INK)
    _legend(figure, film, FOOT / height)
    (gone,) = axes.plot([], [], color=PALE, linewidth=2.5, solid_capstyle="butt", zorder=6, transform=axes.transAxes)
    scores = _Scores(figure, film)
    moving = [*panel.moving, gone, clock, *scores.moving]
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()  # type: ignore[no-untyped-call]
    background = canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]
    frames = []
    for time in times:
        canvas.restore_region(background)  # type: ignore[no-untyped-call]
        panel.show(time)
        clock.set_text(_said(film, time))
        gone.set_data([0, time / max(film.length, 1)], [0, 0])
        scores.show(time)
        for artist in moving:
            figure.draw_artist(artist)
        frames.append(np.array(canvas.buffer_rgba())[..., :3])  # type: ignore[no-untyped-call]
    return animated(frames, fps, HOLD, exact())


@drawing()
def strip(film: Film, title: str, times: Sequence[float], ending: str, rows: int = 1) -> bytes:
    """Stills at ``times`` (in steps) under their step numbers, in one or more rows, as PNG, PDF or SVG."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    left, bottom, right, top = film.area()
    columns = -(-len(times) // rows)
    rows = -(-len(times) // columns)
    wide = (PAGE - GAP * (columns + 1)) / columns
    high = wide * (top - bottom) / (right - left)
    head, foot = (0.2 if title else 0.02), 0.32
    height = head + rows * (SAID + high) + foot
    figure = Figure(figsize=(PAGE, height), dpi=SHARP)
    FigureCanvasAgg(figure)
    if title:
        _title(figure, title, GAP, 0.06, GAP, 8.5)
    for number, time in enumerate(times):
        row, column = divmod(number, columns)
        start, end = GAP + column * (wide + GAP), height - head - (row + 1) * (SAID + high)
        axes = figure.add_axes((start / PAGE, end / height, wide / PAGE, high / height))
        Panel(axes, film, ruler=number == 0).show(time)
        axes.set_title(_said(film, time), fontsize=7.5, color=INK, pad=2.5)
    _legend(figure, film, foot / height, small=True)
    buffer, kind = io.BytesIO(), ending.removeprefix(".")
    undated: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
    with matplotlib.rc_context({"svg.hashsalt": "compose"}):
        figure.savefig(buffer, format=kind, dpi=SHARP, metadata=undated.get(kind))
    return buffer.getvalue()


class _Scores:
    """For battles of two sides: a bar each for the health that is left, above what is shown."""

    def __init__(self, figure: Figure, film: Film) -> None:
        from matplotlib.patches import Rectangle

        width, height = figure.get_size_inches()
        self._film, self._long = film, (width / 2 - SIDE - 0.03) / width
        battle = film.stage.meters[:1] == ("health",) and len(film.stage.sides) == 2
        self._full = film.stage.side.sum(0) if battle else None
        self.moving: list[Rectangle] = []
        if self._full is None:
            return
        bottom, thick = 1 - (HEAD - 0.04) / height, 0.05 / height
        self._starts = (SIDE / width, 1 - SIDE / width)
        for number, start in enumerate(self._starts):
            left = start if number == 0 else start - self._long
            for length, colour in ((self._long, pale(side(number))), (0.0, side(number))):
                bar = Rectangle((left, bottom), length, thick, color=colour, linewidth=0, transform=figure.transFigure)
                figure.add_artist(bar)
                if length == 0:
                    self.moving.append(bar)

    def show(self, time: float) -> None:
        """The mean of the health of all who took part, the dead included, with shields where there are any."""
        if self._full is None:
            return
        moment = self._film.at(time)
        left = np.where(moment.alive, np.nanmean(moment.meters, 0), 0)
        for number, (bar, start) in enumerate(zip(self.moving, self._starts, strict=True)):
            length = float(left @ self._film.stage.side[:, number] / self._full[number]) * self._long
            bar.set_width(length)
            bar.set_x(start if number == 0 else start - length)


def _title(figure: Figure, title: str, left: float, top: float, right: float, size: float) -> None:
    """A title so many inches from the edges, as large as there is room for."""
    width, height = figure.get_size_inches()
    text = figure.text(left / width, 1 - top / height, picture(title), va="top", fontsize=size, color=INK,
                       weight="bold")
    taken = text.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi  # type: ignore[attr-defined]
    text.set_fontsize(size * min(1.0, (width - left - right) / max(taken, 1e-6)))


def _said(film: Film, time: float) -> str:
    """The step, and at the end how the episode ended."""
    step = f"step {int(time)}"
    return step if time < film.length else picture(f"{step}: {film.stage.words[0 if film.success else 1]}")


def _legend(figure: Figure, film: Film, top: float, small: bool = False) -> None:
    """Sides, marks of kinds, what rings and lines mean: a row at the bottom."""
    from matplotlib.lines import Line2D
    from matplotlib.path import Path

    stage = film.stage
    size = 6 if small else 8
    named = stage.sides if len(stage.sides) <= MOST_SIDES else ()
    entries = [Line2D([], [], marker="o", linestyle="", color=side(i), markersize=size * 0.9, label=picture(name))
               for i, name in enumerate(named)]
    for kind, mark in zip(stage.kinds, marks(stage.kinds), strict=True):
        if mark is not None:
            shape = Path(np.concatenate((mark, mark[:1])), closed=True)
            entries.append(Line2D([], [], marker=shape, linestyle="", color=INK, markersize=size * 0.9,
                                  label=picture(kind)))
    shades = (EDGE if len(stage.sides) > 1 else side(0), SHIELD)
    for meter, shade in zip(stage.meters, shades, strict=False):
        entries.append(Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=shade,
                              markeredgewidth=size * 0.22, markersize=size * 0.9, label=picture(meter)))
    if any(moment.heals for moment in film.moments):
        entries.append(Line2D([], [], color=HEAL, linewidth=1.8, label="heals"))
    entries += legend(film.overlay, size)
    if not film.moments[-1].alive.all():
        entries.append(Line2D([], [], marker="x", linestyle="", color=DEAD, markersize=size * 0.8, label="dead"))
    figure.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, top), ncols=len(entries), frameon=False,
                  fontsize=size, handlelength=1.3, handletextpad=0.4, columnspacing=1.1, borderpad=0.3, labelcolor=INK)
