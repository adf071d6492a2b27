"""Scores by method and task as a heat map, each with its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compose.language.media import picture
from compose.study.figures.style import PAGE, blank, styled, written
from compose.study.statistics.scores import Array


def heat(methods: Sequence[str], tasks: Sequence[str], values: Array, measure: str, *, ending: str = ".svg") -> bytes:
    """A figure as PDF, SVG or PNG, of page width at most: ``values [method task]``, white where there is nothing."""
    shown = np.ma.masked_invalid(values)
    low, high = (0.0, 1.0) if measure == "success" else (float(shown.min()), float(shown.max()))
    longest = max(map(len, tasks))
    with styled():
        left, below = 0.065 * max(map(len, methods)) + 0.2, 0.05 * longest + 0.35
        figure = blank(min(PAGE, left + 0.75 * len(tasks)), below + 0.3 * len(methods) + 0.2)
        axes = figure.subplots()
        axes.pcolormesh(np.arange(-0.5, len(tasks)), np.arange(-0.5, len(methods)), shown, vmin=low,
                        vmax=high if high > low else low + 1, cmap="viridis", edgecolors="white", linewidth=1.5)
        axes.invert_yaxis()
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = (value - low) / (high - low) < 0.6 if high > low else True
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", color="white" if dark else "black",
                          fontsize=7)
        axes.set_xticks(range(len(tasks)), [picture(task) for task in tasks], rotation=35 if longest > 8 else 0,
                        ha="right" if longest > 8 else "center")
        axes.set_yticks(range(len(methods)), [picture(name) for name in methods])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return written(figure, ending)
