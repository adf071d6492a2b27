"""The shape of a box: its lines of text, where edges arrive and leave, how large it is. Units are points.

From the top: marks (what is done on the way in), the names of the ports, name, what it is, and below the body a tab for
every output with its axes. Edges arrive at the top of the marks and leave at the foot of the tabs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from compose.reading.drawing.picture import Box, Output, Port
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.text_width import LINE, SMALL, TITLE, width, wrap

PAD, SIDE, SPACE = 3.0, 4.5, 5.0
"""Inside a body above and below text, beside text, and between ports."""
NAMELESS = ("loss", "function")
"""What shows its whole expression: its ports stand for what it names and need no names of their own."""
ROOM = {"loss": 112.0, "function": 96.0}
"""How wide text may get before it wraps; 84 elsewhere."""
TABS = (84.0, 40.0)
"""How wide the axes of an output may get: of the only one, of one of several."""


def size_of(role: str) -> float:
    """The font size of a line."""
    return TITLE if role == "title" else SMALL


@dataclass(frozen=True)
class Text:
    """One line: its middle and its baseline, seen from the corner of the cell."""

    x: float
    y: float
    text: str
    role: str
    """``title``, ``sub``, ``port``, ``mark``, ``tab``."""

    @property
    def size(self) -> float:
        return size_of(self.role)

    @property
    def width(self) -> float:
        return width(self.text, self.size, bold=self.role == "title")


@dataclass(frozen=True)
class Shape:
    """A box to be placed: everything from the top left corner of its cell."""

    box: Box
    w: float
    h: float
    body: Rect
    texts: tuple[Text, ...]
    pills: tuple[Rect, ...] = ()
    """Round plates under the marks."""
    tabs: tuple[Rect, ...] = ()
    ins: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Port -> the point where its edges arrive."""
    outs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Output -> the point where its edges leave."""

    def arrives(self, port: str) -> tuple[float, float]:
        """The point where the edges of a port arrive."""
        return self.ins.get(port, (self.w / 2, self.body.y))

    def leaves(self, output: str) -> tuple[float, float]:
        """The point where the edges of an output leave."""
        return self.outs.get(output, (self.w / 2, self.body.y + self.body.h))


def shape(box: Box) -> Shape:
    """Lay out one box."""
    named = box.ports if len(box.ports) > 1 and box.kind not in NAMELESS else ()
    slots = [max(width(p.name) if named else 0.0, width(p.mark) + 6 if p.mark else 0.0) for p in box.ports]
    tabs = [o for o in box.outputs if tab_of(o, box)]
    wide = [max(width(line) for line in tab_of(o, box)) + 6 for o in tabs]
    lines = lines_of(box)
    across = max(width(t, size_of(role), bold=role == "title") for role, t in lines) + 2 * SIDE
    if box.kind in ("field", "input", "act", "loss"):
        across += 2 * SIDE
    least = 0.0 if box.kind == "tag" else 30.0
    across = max(across, least, *(sum(row) + SPACE * (len(row) + 1) for row in (slots, wide)))
    top = SMALL * LINE + 3 if any(p.mark for p in box.ports) else 0.0
    texts: list[Text] = []
    y = top + PAD
    ins = _spread(box.ports, slots, across)
    if named:
        texts += [Text(ins[p.name], y + SMALL, p.name, "port") for p in named]
        y += SMALL * LINE
    for role, text in lines:
        size = size_of(role)
        texts.append(Text(across / 2, y + size * 0.95, text, role))
        y += size * LINE
    body = Rect(0, top, across, y + PAD - 1 - top)
    pills = []
    for p in box.ports:
        if p.mark:
            w = width(p.mark) + 6
            pills.append(Rect(ins[p.name] - w / 2, 0, w, SMALL * LINE + 1.5))
            texts.append(Text(ins[p.name], SMALL, p.mark, "mark"))
    points = {p.name: (ins[p.name], 0.0 if p.mark else top) for p in box.ports}
    return _with_tabs(Shape(box, across, body.y + body.h, body, tuple(texts), tuple(pills), ins=points), tabs, wide)


def _with_tabs(plain: Shape, tabs: list[Output], wide: list[float]) -> Shape:
    foot, across = plain.body.y + plain.body.h, plain.w
    texts, rects, outs = list(plain.texts), [], dict[str, tuple[float, float]]()
    at = (across - sum(wide) - SPACE * (len(wide) - 1)) / 2
    deepest = foot
    for output, w in zip(tabs, wide, strict=True):
        lines = tab_of(output, plain.box)
        h = SMALL * LINE * len(lines) + 1
        rects.append(Rect(at, foot, w, h))
        texts += [Text(at + w / 2, foot + SMALL * (0.95 + LINE * i), line, "tab") for i, line in enumerate(lines)]
        outs[output.name] = (at + w / 2, foot + h)
        deepest, at = max(deepest, foot + h), at + w + SPACE
    for output in plain.box.outputs:
        outs.setdefault(output.name, (across / 2, foot))
    return replace(plain, h=deepest, texts=tuple(texts), tabs=tuple(rects), outs=outs)


def tab_of(output: Output, box: Box) -> list[str]:
    """The lines below a box for one output: its name behind the dot, its axes."""
    dot = "." if box.kind == "application" and output.name else ""
    room = TABS[len(box.outputs) > 1]
    return [line for text in (f"{dot}{output.name}", output.axes) for line in wrap(text, room) if line]


def lines_of(box: Box) -> list[tuple[str, str]]:
    """Role and text of every line in the body."""
    room = ROOM.get(box.kind, 84.0)
    if box.kind == "tag":
        return [("sub", line) for line in wrap(box.title, room)]
    name = f"{box.title} (was {box.was.rpartition('.')[2]})" if box.was else box.title
    if box.kind == "loss":
        name = f"loss {name}"
    titles = [("title", line) for line in wrap(name, room, TITLE)]
    return titles + [("sub", line) for line in wrap(box.subtitle, room)]


def _spread(ports: tuple[Port, ...], slots: list[float], across: float) -> dict[str, float]:
    """Ports side by side over the width, the room that is left shared between them."""
    free = (across - sum(slots)) / (len(slots) + 1) if slots else 0.0
    found, at = {}, free
    for p, w in zip(ports, slots, strict=True):
        found[p.name] = at + w / 2
        at += w + free
    return found


def ordered(box: Box, sources: Mapping[str, float], targets: Mapping[str, float]) -> Box:
    """The box with ports in the order of where their edges come from, and outputs of where theirs go."""
    ports = sorted(box.ports, key=lambda p: sources.get(p.name, 0.0))
    outputs = sorted(box.outputs, key=lambda o: targets.get(o.name, 0.0))
    return replace(box, ports=tuple(ports), outputs=tuple(outputs))
