"""What the readers of scenario files share: whom they tell of mistakes, and numbers of units."""

from __future__ import annotations

from typing import Any, Protocol

from compose.language.diagnostics import Path

MOST_UNITS = 200
"""Units of one type in an army, at most."""
Places = dict[Path, Path]
"""Where in the file a part of the scenario is said: ``("tasks", 3, "allies", 0)`` -> ``("allies", "Marine")``."""


class Report(Protocol):
    """Told of a mistake."""

    def __call__(self, at: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        """``key``: it is the key written there that is wrong, not its value."""


def number(value: Any, at: Path, report: Report) -> int:
    """How many units; 1 if that is no number of units, which is told."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_UNITS:
        return value
    report(at, f"expected a whole number from 1 to {MOST_UNITS}, got {shown(value)}")
    return 1


def shown(value: object) -> str:
    """A value as messages cite it."""
    words = {dict: "a mapping", bool: str(value).lower(), type(None): "nothing"}
    return words.get(type(value), repr(value))
