"""What a training asks of the processes that share it; here, one that is alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.training.replay import Replay


class Ranks:
    """Process ``rank`` of ``count``. Of N processes, r has the episodes with ``number % N == r``.

    A process that none of some episodes falls to computes with episodes of others, so that all do the same things;
    :meth:`counting` then makes its numbers count as nothing.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes and speaks."""
        return self.rank == 0

    def replay(self, schema: EntitySchema, capacity: int, device: torch.device, *, packed: bool = False) -> Replay:
        """The part of a replay of ``capacity`` episodes that is held here, see there."""
        return Replay(schema, capacity, device, packed=packed)

    def share(self, episodes: Tensor) -> Tensor:
        """Those of the episodes (numbers, int64) that fall to this process; the first of all if none does."""
        return episodes

    def counting(self, episodes: Tensor) -> AbstractContextManager[None]:
        """Within it, what this process adds to sums counts as nothing unless these episodes fall to it."""
        return nullcontext()

    def totals(self, values: Mapping[str, float]) -> dict[str, float]:
        """The sum over processes of every value; all have the same names."""
        return dict(values)

    def gradients(self, grads: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The sum over processes of every gradient."""
        return list(grads)

    def whole(self, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors [batch ...] of which each process has some rows, with all rows, those of the first process first."""
        return dict(rows)

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Whether any process says so."""
        return flags

    def meet(self) -> None:
        """Wait for all."""


ALONE = Ranks()
"""One process."""
