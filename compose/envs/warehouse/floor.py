"""Floors of warehouses: which cell is what. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

Cell = tuple[int, int]
"""x from the west, y from the south."""
WALL, STATION, CORRIDOR, ITEMS = -1, 0, 1, (2, 3, 4, 5)
"""Types of cells; each kind of item is taken by the cells of its type."""
TYPES = 6
"""Those that are no walls."""
PLANS = {
    "4": "xSx+.2.+4x5+.3.+xSx",
    "8": ".S.S.+.2.3.+4x5x4+.3.2.+.S.S.",
    "16": "xxxSxSxSxSxxx+x...........x+x..2.3.2.3..x+S.4x5x4x5x4.S+x..3.2.3.2..x+S.4x5x4x5x4.S"
          "+x..3.2.3.2..x+x...........x+xxxSxSxSxSxxx",
}  # fmt: skip
"""Those of the paper, by the number of robots."""
ODD: dict[str, Cell] = {PLANS["8"]: (3, 1)}
"""By plan, a cell whose way south the released code lacks; it has one north instead, which leads into a wall."""
_MARKS = {"x": WALL, ".": CORRIDOR, "S": STATION, **{str(kind): kind for kind in ITEMS}}
_LONGEST = 100


@dataclass(frozen=True)
class Floor:
    """A plan that was read."""

    width: int
    height: int
    kinds: tuple[int, ...]
    """The type of each cell, at ``x * height + y``."""

    @classmethod
    def read(cls, plan: str) -> Floor:
        """Of a plan without faults."""
        rows = plan.split("+")
        width, height = len(rows[0]), len(rows)
        return cls(width, height, tuple(_MARKS[rows[y][x]] for x in range(width) for y in range(height)))

    @staticmethod
    def fault(plan: str) -> str:
        """What is wrong with a plan; empty if nothing is."""
        rows = plan.split("+")
        if strange := next((one for row in rows for one in row if one not in _MARKS), ""):
            return f"a plan is made of {' '.join(_MARKS)}, its lines joined by +; got '{strange}'"
        if len({len(row) for row in rows}) > 1:
            return "all lines of a plan are equally long"
        if not (1 <= len(rows[0]) <= _LONGEST and len(rows) <= _LONGEST):
            return f"a plan has 1 to {_LONGEST} columns and lines"
        lacking = [mark for mark in _MARKS if _MARKS[mark] in (STATION, *ITEMS) and mark not in plan]
        return f"a plan has cells of every type; there is no {lacking[0]}" if lacking else ""

    def of(self, *kinds: int) -> tuple[int, ...]:
        """The numbers of the cells of some types, in order."""
        return tuple(number for number, kind in enumerate(self.kinds) if kind in kinds)
