"""Evaluations over time: as numbers and as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compose.language.media import drawing, picture
from compose.training.evaluate import Score, score
from compose.training.folder import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = {"success": "success rate", "returned": "return"}
"""Measures that are drawn, and the names of their axes."""


@dataclass(frozen=True)
class Point:
    """One evaluation."""

    env_steps: int
    updates: int
    score: Score


def points(rows: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Rows of ``evals.jsonl`` gathered by evaluation."""
    groups = groupby(rows, key=lambda row: (row["env_steps"], row["updates"]))
    return [Point(*at, score([dict(row) for row in group])) for at, group in groups]


def draw_curve(path: Path, title: str, evaluations: Sequence[Point], chance: Mapping[str, Score]) -> None:
    """Write a PNG: success rate and return over environment steps, with dashed lines for chance levels."""

    def plot(axes: Axes, name: str) -> None:
        steps = [point.env_steps for point in evaluations]
        axes.plot(steps, [getattr(point.score, name) for point in evaluations], marker=".", label=picture(title))

    draw_panels(path, plot, [point.score for point in evaluations], chance)


@drawing()
def draw_panels(path: Path, plot: Callable[[Axes, str], None], scores: Sequence[Score], chance: Mapping[str, Score],
                title: str = "") -> None:
    """Write a PNG with a panel for each measure of ``scores``: what ``plot(axes, measure)`` draws, and chance.

    Where nothing ever succeeded, as in games without a goal, there is no panel of success rates.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, MaxNLocator

    figure = Figure(figsize=(9, 3.8 if title else 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(picture(title), fontsize="medium")
    goal = any(score.success for score in (*scores, *chance.values()))
    panels = {name: label for name, label in PANELS.items() if goal or name != "success"}
    for axes, (name, label) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        plot(axes, name)
        for number, (actor, level) in enumerate(chance.items(), 1):
            axes.axhline(getattr(level, name), linestyle="--", linewidth=1, color=f"C{number % 10}",
                         label=picture(actor))
        axes.set_xlabel("environment steps")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if name == "success":
            axes.set_ylim(-0.02, 1.02)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize="small")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write_whole(path, buffer.getvalue())
