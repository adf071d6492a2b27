"""Room for things of many sizes, in large pieces of memory."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST, LARGEST = 2**16, 2**22
"""Bytes of a piece: the first, and the most (unless one thing needs more)."""


class Shelf:
    """Gives places one after the other. A piece of memory is freed when all that lay in it is gone.

    Things of some KB that live long would lie scattered among the large tensors of training steps, in holes that
    these then no longer fit into; whoever frees in the order of arrival leaves at most two pieces partly used.
    """

    def __init__(self) -> None:
        self._piece = torch.empty(0, dtype=torch.uint8)
        self._used, self._given = 0, 0

    def place(self, size: int, device: torch.device) -> Tensor:
        """uint8 [size], which keeps its piece of memory alive."""
        if self._used + size > len(self._piece):
            new = max(size, min(LARGEST, max(SMALLEST, self._given)))
            self._piece, self._used = torch.empty(new, dtype=torch.uint8, device=device), 0
            self._given += new
        place = self._piece[self._used : self._used + size]
        self._used += size
        return place
