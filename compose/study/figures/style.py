"""What figures share: sizes, letters, colours, and how they become bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from compose.language.media import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".pdf", ".svg", ".png")
"""Of files, which say the format."""
COLUMN, PAGE = 3.4, 7.0
"""Inches: the width of a column, and of both."""
DPI = 300
INK, FAINT = "#1b1f24", "#6e7781"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f")
"""Those of Okabe and Ito."""
DASHED: Any = (0, (4, 1.3))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<")


def look(number: int) -> dict[str, Any]:
    """Colour and mark of a method, which grey prints tell apart too; the ninth and later have dashed lines."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKS[number % len(MARKS)],
            "linestyle": "-" if number < len(COLOURS) else DASHED}


@contextmanager
def styled() -> Iterator[None]:
    """Around drawing: whatever a user's settings are, the same figure."""
    import matplotlib

    with drawing(), matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({
            "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "legend.fontsize": 7.5, "xtick.labelsize": 7.5,
            "ytick.labelsize": 7.5, "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
            "lines.linewidth": 1.4, "lines.markersize": 3.4, "axes.spines.top": False, "axes.spines.right": False,
            "axes.edgecolor": INK, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
            "svg.fonttype": "none", "svg.hashsalt": "compose", "pdf.fonttype": 42, "legend.frameon": False,
            "font.family": "sans-serif",
        })  # fmt: skip
        yield


def blank(width: float, height: float) -> Figure:
    """A figure of so many inches that nobody shows on a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def written(figure: Figure, ending: str) -> bytes:
    """As ``.pdf``, ``.svg`` (its text is text) or ``.png``; the same figure gives the same bytes."""
    buffer, kind = io.BytesIO(), ending.lower().removeprefix(".")
    undated: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None},
                                          "png": {"Software": None}}
    figure.savefig(buffer, format=kind, dpi=DPI, metadata=undated[kind])
    return buffer.getvalue()
