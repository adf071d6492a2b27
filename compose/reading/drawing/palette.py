"""Colours: those of Okabe and Ito, which colour-blind readers can tell apart, as tints with darker lines."""

from __future__ import annotations

from typing import NamedTuple

from compose.reading.drawing.picture import Picture, Status


class Tint(NamedTuple):
    """Fill and line."""

    fill: str
    line: str


INK, FAINT, PAPER, ZONE = "#1a1a1a", "#5c5c5c", "#ffffff", "#e9eff5"
PLAIN = Tint(PAPER, "#4d4d4d")
GREY = Tint("#ededed", "#7a7a7a")
NETWORKS = (
    Tint("#cfe8f8", "#0072b2"), Tint("#fbe3b5", "#b87a00"), Tint("#c6e8dc", "#00795a"), Tint("#f3d7e6", "#a4487b"),
    Tint("#f8d3bd", "#b84f00"), Tint("#f8f3b8", "#857c00"), Tint("#dcd7ef", "#5b4aa0"), Tint("#d5dee3", "#47606d"),
)  # fmt: skip
STATUSES: dict[Status, Tint] = {
    "same": Tint(PAPER, "#8a8a8a"), "added": Tint("#d3ecd0", "#1b7837"), "removed": Tint("#fbd9d3", "#b2182b"),
    "changed": Tint("#fdebc0", "#a65e00"), "renamed": Tint("#dce9f7", "#2c5d9c"),
}  # fmt: skip
SIGNS: dict[Status, str] = {"same": "", "added": "+", "removed": "−", "changed": "~", "renamed": "→"}
"""The same without colour."""


def tints(picture: Picture) -> dict[str, Tint]:
    """Network -> its colours, in the order of the panels; they come round again after eight."""
    names = [panel.network for panel in picture.panels if panel.network]
    return {name: NETWORKS[i % len(NETWORKS)] for i, name in enumerate(names)}
