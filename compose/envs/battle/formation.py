"""Where armies start: in the formations of the released code, in a block, or as a layout says. No torch here."""

from __future__ import annotations

import math

Cell = tuple[int, int]
"""x from the west, y from the south."""
_RELEASED: dict[tuple[int, int, int], tuple[tuple[range, range], ...]] = {
    (20, 10, 10): ((range(2, 3), range(1, 3)), (range(3, 7), range(4)), (range(7, 8), range(1, 3))),
    (40, 14, 14): ((range(3, 5), range(1, 5)), (range(5, 9), range(6)), (range(9, 11), range(1, 5))),
    (80, 18, 18): ((range(3, 4), range(2, 6)), (range(4, 6), range(1, 7)), (range(6, 12), range(8)),
                   (range(12, 14), range(1, 7)), (range(14, 15), range(2, 6))),
}  # fmt: skip
"""Lines and columns of the western army, by its size, the width and the height."""


def formed(units: int, width: int, height: int) -> tuple[Cell, ...]:
    """The cells of an army in the west, line by line: a formation of the released code, or else a block at the border,
    twice as high as wide if there is room."""
    if (units, width, height) in _RELEASED:
        return tuple((x, y) for ys, xs in _RELEASED[units, width, height] for y in ys for x in xs)
    tall = min(height, max(math.ceil(math.sqrt(2 * units)), math.ceil(units / (width // 2))))
    first = (height - tall) // 2
    block = [(n // tall, first + n % tall) for n in range(units)]
    return tuple(sorted(block, key=lambda cell: cell[::-1]))


def drawn(layout: str, mark: str) -> tuple[Cell, ...]:
    """The cells with a mark, line by line."""
    return tuple((x, y) for y, row in enumerate(layout.split("+")) for x, one in enumerate(row) if one == mark)


def faults(layout: str, most: int, longest: int) -> str:
    """What is wrong with a layout; empty if nothing is."""
    rows = layout.split("+")
    if strange := next((one for row in rows for one in row if one not in "AO."), ""):
        return f"a layout is made of A, O and ., its lines joined by +; got '{strange}'"
    if len({len(row) for row in rows}) > 1:
        return "all lines of a layout are equally long"
    if not (2 <= len(rows[0]) <= longest and len(rows) <= longest):
        return f"a layout has 2 to {longest} columns and 1 to {longest} lines"
    armies = [len(drawn(layout, mark)) for mark in "AO"]
    if not all(1 <= army <= most for army in armies):
        return f"a layout has 1 to {most} agents (A) and as many opponents (O); got {armies[0]} and {armies[1]}"
    return ""
