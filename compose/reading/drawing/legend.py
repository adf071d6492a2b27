"""The legend: only what the figure has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compose.reading.drawing.place import Placed
from compose.reading.drawing.text_width import SMALL, width

SWATCH = 22.0
"""Width of the sign before an entry's text."""
TEXTS = {
    "field": "given by the environment",
    "input": "input of the network",
    "tag": "the box of that name, which many read",
    "application": "application of a network: one colour, one set of weights",
    "target": "lagged copy (target)",
    "loss": "loss",
    "act": "acting",
    "returned": "result of the network",
    "edge-value": "value",
    "edge-mask": "mask",
    "edge-target": "from a lagged copy",
    "edge-delay": "one step earlier",
    "edge-stop": "no gradient",
    "mark": "done on the way in (f: a longer expression)",
    "zone": "what every agent computes alone",
    "added": "added",
    "removed": "removed",
    "changed": "changed",
    "renamed": "renamed",
}
"""Sign -> what it means, in the order of the legend."""
AXES = "Below a box: axes of its value, batch and time left out."


@dataclass(frozen=True)
class Entry:
    """One sign and its meaning; the sign is empty for a remark."""

    sign: str
    text: str

    @property
    def w(self) -> float:
        return width(self.text, SMALL) + (SWATCH + 4 if self.sign else 0)


def legend(panels: Sequence[Placed], compared: bool) -> list[Entry]:
    """Entries for what is drawn in these panels."""
    boxes = [s.box for placed in panels for s, _, _ in placed.shapes]
    edges = [edge for placed in panels for edge, _ in placed.paths]
    signs = {box.kind for box in boxes} | {f"edge-{edge.kind}" for edge in edges}
    signs |= {"target" for box in boxes if box.target} | {"returned" for box in boxes if box.returned}
    signs |= {"mark" for box in boxes for port in box.ports if port.mark}
    signs |= {"zone" for p in panels if p.zone is not None or (p.panel.network and p.panel.zone == "local")}
    signs |= {box.status for box in boxes} | {edge.status for edge in edges} if compared else set()
    texts = {**TEXTS, "application": "application of a network"} if compared else TEXTS  # colours say what changed
    found = [Entry(sign, text) for sign, text in texts.items() if sign in signs]
    return [*found, Entry("", AXES)] if any(s.tabs for p in panels for s, _, _ in p.shapes) else found
