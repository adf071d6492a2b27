"""Pictures as one self-contained page: pan, zoom, search, and everything about a box on a click. It asks for nothing
from the network, and what a spec says reaches it as text only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Any

from compose.graph.drawing.figure import Choice, Layout, chosen, drawn, twin
from compose.graph.drawing.picture import Picture
from compose.graph.drawing.svg import svg


def page(pictures: Sequence[Picture], headings: Sequence[str] = (), choice: Choice | None = None,
         layout: Layout = "auto") -> str:
    """The text of an HTML file with one picture, or with two side by side.

    Args:
        headings: what stands above each picture, ``before`` and ``after`` say; their titles unless given.
        choice: which panels to show.
        layout: as in :func:`compose.graph.drawing.figure.drawn`.
    """
    assets = files("compose.graph.drawing") / "assets"
    heads = [*headings, *(picture.title for picture in pictures[len(headings):])]
    panes = [f'<section class="pane" data-pane="{i}"><h2>{escape(head)}</h2>'
             f'{svg(drawn(picture, choice, layout)[0], page=True)}</section>'
             for i, (picture, head) in enumerate(zip(pictures, heads, strict=True))]
    parts = {
        "TITLE": escape(" and ".join(dict.fromkeys(picture.title for picture in pictures))),
        "STYLE": (assets / "page.css").read_text(encoding="utf-8"),
        "SCRIPT": (assets / "page.js").read_text(encoding="utf-8"),
        "PANES": "\n".join(panes),
        "DATA": _json([_data(picture, choice or Choice()) for picture in pictures]),
    }
    text = (assets / "page.html").read_text(encoding="utf-8")
    pieces = text.split("@@")  # text, NAME, text, NAME, ...: what is put in is never searched for more
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def _data(picture: Picture, choice: Choice) -> dict[str, Any]:
    """What the page's script knows: boxes, edges and panels of one picture."""
    panels = chosen(picture, choice)
    twins = {p.key: (twin(picture, p) or p).key for p in panels}
    shown = [p for p in panels if twins[p.key] == p.key]
    return {
        "title": picture.title,
        "about": next((p.subtitle for p in picture.panels if not p.network), ""),
        "proofs": picture.proofs,
        "panels": {p.key: twins[p.key] for p in panels},
        "boxes": {b.key: {**asdict(b), "panel": p.key} for p in shown for b in p.boxes},
        "edges": [asdict(e) for p in shown for e in p.edges],
    }


def _json(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
