"""Values as heat maps: a row of panels for each, in its first episode."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from compose.language.media import drawing, picture

if TYPE_CHECKING:
    from compose.training.probe import Probed

PANELS = 5
"""Steps that are shown of a value that has more than two axes besides."""
LAST = 2
"""Axes of one panel."""


@drawing()
def heat(values: list[Probed]) -> bytes:
    """A PNG. The last two axes of a value are a panel's; of a third, such as time, some places are shown; of any
    further one the first. What does not count is left white."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.4 * PANELS, 2.2 * len(values)), layout="constrained")
    FigureCanvasAgg(figure)
    for part, value in zip(figure.subfigures(len(values), 1, squeeze=False)[:, 0], values, strict=True):
        _row(part, value)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _row(part: object, value: Probed) -> None:
    import numpy as np
    from matplotlib.figure import SubFigure

    assert isinstance(part, SubFigure)
    axes, numbers = list(value.axes), value.numbers.cpu().numpy().astype(float)
    numbers = np.where(value.counted.cpu().numpy(), numbers, np.nan)
    fixed = []
    while axes and (axes[0] == "batch" or len(axes) > LAST + 1):
        place = axes.pop(0)
        numbers = numbers[0]
        fixed.append(f"{place} 0")
    if len(axes) <= LAST:
        numbers = numbers.reshape((1,) * (LAST + 1 - len(axes)) + numbers.shape)
    reached = [i for i in range(len(numbers)) if not np.isnan(numbers[i]).all()] or [0]
    shown = [reached[i] for i in sorted(set(np.linspace(0, len(reached) - 1, PANELS).round().astype(int).tolist()))]
    part.suptitle(picture(f"{value.name}   {', '.join(fixed)}"), fontsize="medium")
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    panels = part.subplots(1, len(shown), squeeze=False)[0]
    names = ["", *axes] if len(axes) < LAST else axes[-LAST:]
    for panel, place in zip(panels, shown, strict=True):
        image = panel.imshow(numbers[place], vmin=low, vmax=high, aspect="auto", interpolation="nearest")
        panel.set_xlabel(picture(names[-1]) if names else "")
        panel.set_ylabel(picture(names[-2]) if len(names) > 1 else "")
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.yaxis.get_major_locator().set_params(integer=True)
        if len(axes) < LAST:
            panel.set_yticks([])
        if len(axes) > LAST:
            panel.set_title(picture(f"{axes[0]} {place}"), fontsize="small")
    part.colorbar(image, ax=list(panels))
