"""Performance profiles: the share of runs above each score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from compose.language.media import picture
from compose.study.figures.panels import HIGH, NAMES, ROW
from compose.study.figures.style import COLUMN, blank, look, styled, written
from compose.study.statistics.bootstrap import OF_CURVES, estimate
from compose.study.statistics.profiles import profile
from compose.study.statistics.scores import Array, Scores
from compose.study.verdicts import LEAST


def profiles(scores: Mapping[str, Scores], measure: str, *, ending: str = ".svg", seed: int = 0) -> bytes:
    """A figure as PDF, SVG or PNG, of column width: a falling line for each method, with a pointwise 95 % interval
    where each task has three runs."""
    thresholds = _thresholds(scores)
    with styled():
        figure = blank(COLUMN, HIGH + ROW * len(scores))
        axes = figure.subplots()
        for number, (name, one) in enumerate(scores.items()):
            found = estimate(lambda some: profile(some, thresholds), one, repetitions=OF_CURVES, seed=seed)
            style = look(number)
            axes.step(thresholds, found.value, where="post", label=picture(name), markevery=0.2, **style)
            if min(one.runs) >= LEAST:
                axes.fill_between(thresholds, found.low, found.high, step="post", color=style["color"], alpha=0.18,
                                  linewidth=0)
        axes.set_xlabel(picture(f"{NAMES.get(measure, measure)} τ"))
        axes.set_ylabel("share of runs above τ")
        axes.set_ylim(-0.03, 1.03)
        axes.grid(alpha=0.25, linewidth=0.5)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=1)
        return written(figure, ending)


def _thresholds(scores: Mapping[str, Scores]) -> Array:
    """From 0 to 1 where all scores lie there, else over what there is."""
    values = np.concatenate([one.values for one in scores.values()])
    low, high = float(values.min()), float(values.max())
    return np.linspace(0, 1, 101) if low >= 0 and high <= 1 else np.linspace(low, high, 101)
