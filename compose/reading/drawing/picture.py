"""A method as plain data to draw: panels of boxes and the edges between them. Nothing here knows how it will look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

BoxKind = Literal["field", "input", "block", "function", "application", "loss", "act", "tag"]
"""``tag``: put down while a panel is laid out, for what is drawn elsewhere (:mod:`~compose.reading.drawing.tags`)."""
EdgeKind = Literal["value", "mask", "stop", "delay", "target"]
Zone = Literal["local", "central"]
Status = Literal["same", "added", "removed", "changed", "renamed"]


@dataclass(frozen=True)
class Details:
    """What there is to say about one box, for whoever asks for more than the figure shows."""

    doc: str = ""
    """What it computes: the docstring of its block, equation and paper included."""
    text: str = ""
    """The node as a spec writes it."""
    axes: tuple[str, ...] = ()
    """Type of every output, with sizes where they are known."""
    weights: tuple[str, ...] = ()
    """Name, axes and number of elements of every weight."""
    source: str = ""
    """file:line where the spec writes it."""
    proofs: tuple[str, ...] = ()
    """Proofs whose path of nodes runs through it."""


@dataclass(frozen=True)
class Port:
    """Where edges arrive at a box."""

    name: str
    """As the spec spells it; empty where it goes without saying."""
    mark: str = ""
    """What is done on the way: ``agents``, ``&``, ``f`` for a longer expression; empty for a bare wire."""


@dataclass(frozen=True)
class Output:
    """What a box gives: the name behind its dot (empty for the bare name) and its axes without batch and time."""

    name: str
    axes: str


@dataclass(frozen=True)
class Box:
    """One thing of the spec. ``key`` is its name there and never changes with the drawing.

    Keys: ``q_in`` (node of the graph), ``utility.a`` (node of a network), ``utility.entities`` (its input),
    ``env.visible`` and, inside a network, ``utility.env.visible``, ``losses.aux``, ``act``.
    """

    key: str
    kind: BoxKind
    title: str
    subtitle: str = ""
    """The block with what its arguments say, the network it applies, or its expression."""
    network: str = ""
    """The network it applies, or whose node it is: whose weights."""
    zone: Zone = "central"
    """``local``: acting reads it, and every agent can compute it from what it may see."""
    target: bool = False
    """It uses the lagged copy of its weights."""
    returned: bool = False
    """It is what its network returns."""
    ports: tuple[Port, ...] = ()
    outputs: tuple[Output, ...] = ()
    details: Details = field(default_factory=Details)
    status: Status = "same"
    was: str = ""
    """Its key before, where it was renamed."""


@dataclass(frozen=True)
class Edge:
    """One use of a value: from an output of one box to a port of another (both by key)."""

    source: str
    target: str
    output: str = ""
    port: str = ""
    via: str = ""
    """Functions on the way, outermost first: ``stop previous``."""
    axes: str = ""
    """Axes of the value, without batch and time."""
    kind: EdgeKind = "value"
    """``stop`` where no gradient passes, else ``delay`` (one step earlier), ``mask`` (bool), ``target`` (from a lagged
    copy)."""
    status: Status = "same"


@dataclass(frozen=True)
class Panel:
    """The main graph (key ``graph``) or one network's inside (key ``network.utility``)."""

    key: str
    title: str
    subtitle: str = ""
    network: str = ""
    zone: Zone = "central"
    like: str = ""
    """Key of an earlier panel whose inside is the same, with other weights."""
    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    weights: str = ""
    """How many numbers the network's weights hold, where that is known."""
    status: Status = "same"
    was: str = ""


@dataclass(frozen=True)
class Picture:
    """A method (or, after :func:`~compose.reading.drawing.overlay.overlay`, the difference of two)."""

    title: str
    panels: tuple[Panel, ...]
    subtitle: str = ""
    compared: bool = False
    """Statuses mean something."""
    proofs: tuple[str, ...] = ()
    """Name, outcome and reason of every proof."""

    def panel(self, key: str) -> Panel | None:
        """The panel of that key, if there is one."""
        return next((panel for panel in self.panels if panel.key == key), None)

    def boxes(self) -> dict[str, Box]:
        """All boxes by key."""
        return {box.key: box for panel in self.panels for box in panel.boxes}
