"""The shape of a box in a drawing that runs to the right: edges arrive at the left and leave at the right.

From the left: marks, the names of the ports one below the other, name and what it is. The axes of a single output stand
below the body, those of several at the right, one below the other.
"""

from __future__ import annotations

from compose.reading.drawing.picture import Box
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.shape import (
    NAMELESS,
    PAD,
    SIDE,
    Shape,
    Text,
    lines_of,
    size_of,
    tab_of,
)
from compose.reading.drawing.text_width import LINE, SMALL, width

ROW = SMALL * LINE


def sideways(box: Box) -> Shape:
    """Lay out one box."""
    named = box.ports if len(box.ports) > 1 and box.kind not in NAMELESS else ()
    lines, tabs = lines_of(box), [o for o in box.outputs if tab_of(o, box)]
    marks = max((width(p.mark) + 6 for p in box.ports if p.mark), default=0.0)
    names = max((width(p.name) for p in named), default=0.0) + (2 * SIDE if named else 0.0)
    middle = max(width(t, size_of(role), bold=role == "title") for role, t in lines) + 2 * SIDE
    if box.kind in ("field", "input", "act", "loss"):
        middle += 2 * SIDE
    tall = max(sum(size_of(role) * LINE for role, _ in lines), ROW * max(len(box.ports), 1)) + 2 * PAD
    right = [tab_of(o, box) for o in tabs] if len(tabs) > 1 else []
    tall = max(tall, sum(ROW * len(t) + 3 for t in right))
    body = Rect(marks, 0, max(names + middle, 0.0 if box.kind == "tag" else 30.0), tall)
    left, texts = body.x + names, list[Text]()
    y = (tall - sum(size_of(role) * LINE for role, _ in lines)) / 2
    for role, text in lines:
        texts.append(Text((left + body.x + body.w) / 2, y + size_of(role) * 0.95, text, role))
        y += size_of(role) * LINE
    rows = {p.name: PAD + (tall - 2 * PAD) * (i + 0.5) / len(box.ports) for i, p in enumerate(box.ports)}
    texts += [Text(body.x + SIDE + width(p.name) / 2, rows[p.name] + SMALL * 0.35, p.name, "port") for p in named]
    pills = []
    for p in box.ports:
        if p.mark:
            wide = width(p.mark) + 6
            pills.append(Rect(body.x - wide, rows[p.name] - ROW / 2 - 0.7, wide, ROW + 1.5))
            texts.append(Text(body.x - wide / 2, rows[p.name] + SMALL * 0.33, p.mark, "mark"))
    ins = {p.name: (body.x - (width(p.mark) + 6 if p.mark else 0.0), rows[p.name]) for p in box.ports}
    plates, words, outs, w, h = _tabs(box, body)
    return Shape(box, w, h, body, (*texts, *words), tuple(pills), plates, ins, outs)


def _tabs(box: Box, body: Rect) -> tuple[tuple[Rect, ...], list[Text], dict[str, tuple[float, float]], float, float]:
    """Plates, their text, where edges leave; width and height of the whole."""
    tabs, edge = [o for o in box.outputs if tab_of(o, box)], body.x + body.w
    outs = {o.name: (edge, body.h / 2) for o in box.outputs}
    if len(tabs) == 1:
        lines = tab_of(tabs[0], box)
        wide = max(map(width, lines)) + 6
        at = min(max(edge - wide - 4, body.x), edge - wide)
        plate = Rect(at, body.h, wide, ROW * len(lines) + 1)
        words = [Text(at + wide / 2, body.h + SMALL * (0.95 + LINE * i), t, "tab") for i, t in enumerate(lines)]
        return (plate,), words, outs, edge + max(0.0, body.x - at), plate.y + plate.h
    plates, words, y = [], [], 1.5
    wide = max((width(line) for o in tabs for line in tab_of(o, box)), default=-6.0) + 6
    for o in tabs:
        lines = tab_of(o, box)
        plate = Rect(edge, y, wide, ROW * len(lines) + 1)
        words += [Text(edge + wide / 2, y + SMALL * (0.95 + LINE * i), t, "tab") for i, t in enumerate(lines)]
        outs[o.name] = (edge + wide, y + plate.h / 2)
        plates.append(plate)
        y += plate.h + 2
    return tuple(plates), words, outs, edge + wide, max(body.h, y)
