"""Pictures as one self-contained page: pan, zoom, search, and everything about a box on a click. It asks for nothing
from the network, and what a spec says reaches it as text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from compose.language.media import html as escaped
from compose.language.media import plain_json
from compose.reading.drawing.choice import Choice, shown
from compose.reading.drawing.figure import figure
from compose.reading.drawing.picture import Picture
from compose.reading.drawing.svg import svg


def page(pictures: Sequence[Picture], headings: Sequence[str] = (), choice: Choice | None = None) -> str:
    """The text of an HTML file with one picture, or with two side by side.

    Args:
        headings: what stands above each picture, ``before`` and ``after`` say; their titles unless given.
        choice: which panels to show.
    """
    assets = files("compose.reading.drawing") / "assets"
    heads = [*headings, *(picture.title for picture in pictures[len(headings):])]
    panes = [f'<section class="pane" data-pane="{i}"><h2>{escaped(head)}</h2>'
             f'{svg(figure(picture, choice), page=True)}</section>'
             for i, (picture, head) in enumerate(zip(pictures, heads, strict=True))]
    parts = {
        "TITLE": escaped(" and ".join(dict.fromkeys(picture.title for picture in pictures))),
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
    found = shown(picture, choice)
    panels = [one.panel for one in found]
    return {
        "title": picture.title,
        "about": next((p.subtitle for p in picture.panels if not p.network), ""),
        "proofs": picture.proofs,
        "insides": {name: one.panel.key for one in found for name in (one.panel.network, *one.alike)},
        "boxes": {b.key: asdict(b) for p in panels for b in p.boxes},
        "edges": [asdict(e) for p in panels for e in p.edges],
    }


def _json(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = plain_json(data)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
