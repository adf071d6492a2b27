"""Room for things of many sizes, in large pieces of memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SMALLEST, LARGEST = 2**16, 2**22
"""Bytes of a piece: the first, and the most (unless one thing needs more)."""


class Shelf:
    """Keeps bytes one thing after the other. A piece of memory is freed when all that lay in it is gone.

    Things of some KB that live long would lie scattered among the large tensors of training steps, in holes that
    these then no longer fit into; whoever frees in the order of arrival leaves at most two pieces partly used.
    """

    def __init__(self) -> None:
        self._pieces: dict[int, Tensor] = {}
        self._things: dict[int, int] = {}
        self._last, self._used = -1, 0

    @property
    def bytes(self) -> int:
        """What is allocated."""
        return sum(map(len, self._pieces.values()))

    def put(self, parts: Sequence[Tensor]) -> tuple[int, int, int]:
        """Keep parts, uint8 [...], one after the other as one thing; gives the piece, where it begins, its bytes."""
        size = sum(map(len, parts))
        if self._last not in self._pieces or self._used + size > len(self._pieces[self._last]):
            room = max(size, min(LARGEST, max(SMALLEST, self.bytes)))
            self._last, self._used = self._last + 1, 0
            self._pieces[self._last] = torch.empty(room, dtype=torch.uint8, device=parts[0].device)
            self._things[self._last] = 0
        start = self._used
        torch.cat(list(parts), out=self._pieces[self._last][start : start + size])
        self._things[self._last] += 1
        self._used += size
        return self._last, start, size

    def get(self, piece: int, start: int, size: int) -> Tensor:
        """What :meth:`put` kept, uint8 [size]."""
        return self._pieces[piece][start : start + size]

    def drop(self, piece: int) -> None:
        """One of the things in a piece is gone."""
        self._things[piece] -= 1
        if not self._things[piece]:
            del self._things[piece], self._pieces[piece]
