"""Curves with bands, a panel for each environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from compose.language.media import picture
from compose.study.bands import Band
from compose.study.figures.style import COLUMN, FAINT, PAGE, blank, look, styled, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"env_steps": "environment steps", "updates": "updates", "seconds": "seconds", "success": "success rate",
         "return": "return", "length": "steps an episode"}  # fmt: skip
ACROSS = 3
"""Panels in a row."""
HIGH = 2.1
"""Inches of a row."""
ROW = 0.16
"""Inches of a row of names below."""
LETTER, SIGN = 0.062, 0.5
"""Inches of a letter there, and of what stands before a name."""


def panels(bands: Sequence[Band], measure: str, axis: str = "env_steps", *, ending: str = ".svg",
           chance: Mapping[str, float] | None = None, titles: bool = True) -> bytes:
    """A figure as PDF, SVG or PNG: column width for one environment, page width for several.

    Args:
        bands: Of any methods and environments; a method looks the same in all of them.
        measure: What the y axis is called; ``success`` goes from 0 to 1.
        axis: What the x axis is called.
        ending: Of the file: ``.pdf``, ``.svg`` or ``.png``.
        chance: The level of play that has learned nothing, by environment, as a dotted line.
        titles: Whether each panel has its environment's name.
    """
    envs, methods = list(dict.fromkeys(b.env for b in bands)), list(dict.fromkeys(b.name for b in bands))
    across = min(len(envs), ACROSS)
    rows = -(-len(envs) // across)
    width = COLUMN if len(envs) == 1 else PAGE
    names = {name: picture(_said(name, [b for b in bands if b.name == name])) for name in methods}
    entries = len(methods) + bool(chance)
    columns = max(1, min(entries, int(width / (LETTER * max(map(len, names.values())) + SIGN))))
    with styled():
        figure = blank(width, rows * HIGH + ROW * -(-entries // columns))
        grid = figure.subplots(rows, across, squeeze=False)
        places = list(grid.ravel())
        for place, env in zip(places, envs, strict=False):
            _panel(place, [b for b in bands if b.env == env], methods, (chance or {}).get(env))
            _dress(place, measure, axis, env if titles else "")
        for place in places[len(envs):]:
            place.set_axis_off()
        for place in places[: len(envs)]:
            if place not in grid[:, 0]:
                place.set_ylabel("")
        shown = {label: handle for place in places for handle, label in zip(*place.get_legend_handles_labels(),
                                                                            strict=True)}
        labels = [*(name for name in methods if name in shown), *(["chance"] if "chance" in shown else [])]
        figure.legend([shown[label] for label in labels], [names.get(label, label) for label in labels],
                      loc="outside lower center", ncols=columns, handlelength=2.6, columnspacing=1.2)
        return written(figure, ending)


def _said(name: str, bands: Sequence[Band]) -> str:
    counts = sorted({b.runs for b in bands})
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"
    return f"{name} ({runs} run{'' if counts == [1] else 's'})"


def _panel(axes: Axes, bands: Sequence[Band], methods: Sequence[str], chance: float | None) -> None:
    if chance is not None:
        axes.axhline(chance, color=FAINT, linestyle=(0, (1, 2)), linewidth=0.9, label="chance", zorder=1)
    for one in bands:
        number = methods.index(one.name)
        every = max(1, len(one.x) // 6)
        axes.plot(one.x, one.value, markevery=(number % every, every), label=one.name, zorder=3, **look(number))
        if one.low is not None and one.high is not None:
            axes.fill_between(one.x, one.low, one.high, color=look(number)["color"], alpha=0.18, linewidth=0, zorder=2)


def _dress(axes: Axes, measure: str, axis: str, title: str) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axes.set_xlabel(picture(NAMES.get(axis, axis)))
    axes.set_ylabel(picture(NAMES.get(measure, measure)))
    axes.set_title(picture(title))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.margins(x=0.02)
    axes.grid(alpha=0.25, linewidth=0.5)
    if measure == "success":
        axes.set_ylim(-0.03, 1.03)
        axes.set_yticks(np.linspace(0, 1, 5))
