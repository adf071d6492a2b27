"""How wide text is, in points: Helvetica's own widths (Arial and Liberation Sans have the same)."""

from __future__ import annotations

import re

TITLE, SMALL = 8.0, 7.0
"""Font sizes of names and of everything else: 7 points are the least that prints well."""
LINE = 1.2
"""Distance of lines, in font sizes."""
JOINTS = re.compile(r"(?<=[+_,])(?=\w)|(?<=\w)(?=\.)")
"""Where a long word breaks."""

_WIDTHS = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jckrsvxyz", 556: "#$0123456789?L_abdeghnopquλγεηατ", 584: "+<=>~×−→", 611: "FTZ", 667: "&ABEKPSVXY",
    722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
}  # fmt: skip
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters} | {"r": 333}
_BOLD = 1.08


def width(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """The width of one line."""
    units = sum(_WIDTH.get(letter, 1000 if ord(letter) > 0x2E7F else 600) for letter in text)
    return units / 1000 * size * (_BOLD if bold else 1.0)


def wrap(text: str, room: float, size: float = SMALL) -> list[str]:
    """Lines of at most that width, broken at blanks; a longer word after its joints, or else cut into pieces."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, size) <= room:
                line = longer
                continue
            lines += [line] if line else []
            *full, line = _pieces(word, room, size)
            lines += full
        lines += [line] if line else []
    return lines


def _pieces(word: str, room: float, size: float) -> list[str]:
    pieces, piece = [], ""
    for part in JOINTS.split(word):
        for bit in [part] if width(part, size) <= room else part:
            if piece and width(piece + bit, size) > room:
                pieces.append(piece)
                piece = ""
            piece += bit
    return [*pieces, piece]
