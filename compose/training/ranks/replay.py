"""The part of a replay that one of several processes holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.training.replay import Replay

if TYPE_CHECKING:
    from compose.training.ranks.several import Several


class SharedReplay(Replay):
    """A ring of episodes whose rows lie with the processes that played them; all know every episode's length.

    All draw the same, and each gives those of the drawn episodes that it holds, cut to the longest of all; a process
    that holds none of them gives one that it has played, which :meth:`Several.counting` tells apart by its number.
    """

    def __init__(self, schema: EntitySchema, capacity: int, device: torch.device | str, ranks: Several, *,
                 packed: bool = False) -> None:
        self.ranks, self._share = ranks, -(-capacity // ranks.count)
        super().__init__(schema, capacity, device, packed=packed)
        self._lengths = torch.zeros(2, capacity, dtype=torch.int64, device=self.device)
        """Of every episode of the ring, by slot: times that were reached, steps that were taken."""

    @property
    def held(self) -> int:
        """Rows of the store: the share, and one that stands in where none of it is drawn."""
        return self._share + 1

    def add(self, episodes: TensorDict) -> None:
        """Store those of the episodes just played, numbered from ``added`` on, that fall to this process."""
        rows = self._rows_of(episodes)
        mine = self.ranks.mine(rows["episode"])
        count = int(self.ranks.sum(mine.sum()))
        lengths = torch.zeros(2, count, dtype=torch.int64, device=self.device)
        lengths[:, rows["episode"][mine] - self.added] = _lengths(rows)[:, mine]
        self._note(self.ranks.sum(lengths), self.added)
        self._take(rows)
        self.added += count

    def write(self, rows: dict[str, Tensor], first: int) -> None:
        """As of every replay; all processes are given all rows."""
        self._note(_lengths(rows), first)
        self._take(rows)

    def read(self, first: int, last: int) -> dict[str, Tensor]:
        """As of every replay; of the first process, while the others :meth:`serve`."""
        self.ranks.told((first, last))
        return self._read(first, last)

    def saved(self) -> None:
        """Let the others go on."""
        self.ranks.told()

    def serve(self) -> None:
        """Give what the first process reads, until it has all that it wanted."""
        first, last = self.ranks.told()
        while first < last:
            self._read(first, last)
            first, last = self.ranks.told()

    def _read(self, first: int, last: int) -> dict[str, Tensor]:
        numbers = torch.arange(first, last, device=self.device)
        with self.ranks.counting(numbers):
            found = self.ranks.to_leader(self._cut(numbers % self.capacity))
        if not found:
            return {}
        order = found["episode"].argsort()
        return {name: x[order] for name, x in found.items()}

    def _note(self, lengths: Tensor, first: int) -> None:
        """Lengths [2 episodes] of the episodes from ``first`` on."""
        numbers = torch.arange(first, first + lengths.shape[1], device=self.device)[-self.capacity :]
        self._lengths[:, numbers % self.capacity] = lengths[:, -self.capacity :]

    def _take(self, rows: dict[str, Tensor]) -> None:
        """Keep those rows that fall to this process."""
        if self._store.empty:
            other = {"episode": rows["episode"][:1] * 0 + (self.ranks.rank + 1) % self.ranks.count}
            slot = other["episode"] * 0 + self._share
            self._store.put({name: other.get(name, x[:1]) for name, x in rows.items()}, slot)
        mine = self.ranks.mine(rows["episode"])
        kept = {name: x[mine][-self._share :] for name, x in rows.items()}
        self._store.put(kept, kept["episode"] // self.ranks.count % self._share)

    def _steps_taken(self) -> Tensor:
        return self._lengths[1, : len(self)]

    def _here(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        numbers = self.added - 1 - (self.added - 1 - slots) % self.capacity
        which = self.ranks.mine(numbers).nonzero()[:, 0]
        if len(which):
            return which, numbers[which] // self.ranks.count % self._share
        return slots[:1] * 0, slots[:1] * 0 + self._share

    def _longest(self, slots: Tensor) -> int:
        return int(self._lengths[0, slots].max())


def _lengths(rows: dict[str, Tensor]) -> Tensor:
    return torch.stack([rows["filled"].sum(1), rows["steps"].sum(1)])
