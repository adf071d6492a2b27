"""Numbers for things: one for all that are equal, never one for two that differ, which no hash can promise."""

from __future__ import annotations

from collections.abc import Hashable

from compose.language.models import canonical


class Ids:
    """Numbers in the order in which things are met, so that they are the same in every process."""

    def __init__(self) -> None:
        self._held: dict[Hashable, int] = {}

    def __call__(self, kind: str, *parts: Hashable) -> int:
        """The number of a thing of this kind that is made of ``parts``: numbers of others, text, tuples and frozen
        sets of both. Plain values of a spec come as :func:`plain` ones."""
        return self._held.setdefault((kind, *parts), len(self._held))


def plain(value: object) -> tuple[str, str]:
    """A plain value such that equal ones are equal, and no others: 1 is 1.0, but not true, nor "1"."""
    if isinstance(value, bool):
        return "truth", str(value)
    return ("number", repr(canonical(value))) if isinstance(value, int | float) else ("text", str(value))
