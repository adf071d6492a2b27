"""Processes that train together, by ``torch.distributed``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.ranks.alone import Ranks
from compose.training.ranks.replay import SharedReplay


class Several(Ranks):
    """One of several processes; the default process group is there.

    Args:
        rank: Which.
        count: Of how many.
        device: Where tensors must be that are sent.

    All methods that sum or gather raise SpecError (``train.ranks``) if another process has ended.
    """

    def __init__(self, rank: int, count: int, device: torch.device) -> None:
        super().__init__(rank, count)
        self.device, self._counts = device, True

    def replay(self, schema: EntitySchema, capacity: int, device: torch.device, *,
               packed: bool = False) -> SharedReplay:
        return SharedReplay(schema, capacity, device, self, packed=packed)

    def mine(self, episodes: Tensor) -> Tensor:
        """Which of the episodes fall to this process, bool."""
        return episodes % self.count == self.rank

    def share(self, episodes: Tensor) -> Tensor:
        mine = episodes[self.mine(episodes)]
        return mine if len(mine) else episodes[:1]

    @contextmanager
    def counting(self, episodes: Tensor) -> Iterator[None]:
        before, self._counts = self._counts, bool(self.mine(episodes).any())
        try:
            yield
        finally:
            self._counts = before

    def sum(self, x: Tensor) -> Tensor:
        """The sum over processes of a tensor of numbers."""
        return self._reduced(x if self._counts else torch.zeros_like(x))

    def totals(self, values: Mapping[str, float]) -> dict[str, float]:
        summed = self.sum(torch.tensor(list(values.values()), dtype=torch.float64))
        return dict(zip(values, summed.tolist(), strict=True))

    def gradients(self, grads: Sequence[Tensor | None]) -> list[Tensor | None]:
        there = [g for g in grads if g is not None]
        if not there:
            return list(grads)
        summed = iter(torch.split(self.sum(torch.cat([g.flatten() for g in there])), [g.numel() for g in there]))
        return [None if g is None else next(summed).view(g.shape) for g in grads]

    def whole(self, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: torch.cat(parts) for name, parts in self._parts(rows, to_all=True).items()}

    def to_leader(self, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """As :meth:`whole`, for the first process; nothing for the others."""
        return {name: torch.cat(parts) for name, parts in self._parts(rows, to_all=False).items() if parts}

    def any(self, *flags: bool) -> tuple[bool, ...]:
        return tuple(self._reduced(torch.tensor([int(flag) for flag in flags])).bool().tolist())

    def meet(self) -> None:
        self.any()

    def told(self, numbers: Sequence[int] = (0, 0)) -> list[int]:
        """The whole numbers that the first process says to the others."""
        sent = torch.tensor(numbers, device=self.device)
        with talking():
            dist.broadcast(sent, 0)
        return [int(x) for x in sent]

    def _parts(self, rows: Mapping[str, Tensor], *, to_all: bool) -> dict[str, list[Tensor]]:
        """The rows of every process, one after the other: all are sent filled up to the most that any has."""
        held = max((len(x) for x in rows.values()), default=0) if self._counts else 0
        sizes = self._reduced(torch.eye(self.count, dtype=torch.int64)[self.rank] * held).tolist()
        found = {}
        for name, x in sorted(rows.items()):
            sent = torch.zeros(max(sizes), *x.shape[1:], dtype=x.dtype, device=x.device)
            sent[:held] = x[:held]
            parts = self._gathered(sent.to(torch.uint8) if x.dtype == torch.bool else sent, to_all=to_all)
            found[name] = [part[:size].to(x.dtype) for part, size in zip(parts, sizes, strict=False)]
        return found

    def _reduced(self, x: Tensor) -> Tensor:
        """The sum of what all processes give here."""
        sent = x.to(self.device, copy=True).contiguous()
        with talking():
            dist.all_reduce(sent)
        return sent.to(x.device)

    def _gathered(self, x: Tensor, *, to_all: bool) -> list[Tensor]:
        """What every process gives here, of one shape; for the first process, or all."""
        sent = x.to(self.device).contiguous()
        parts = [torch.empty_like(sent) for _ in range(self.count)] if to_all or self.leads else []
        with talking():
            if to_all:
                dist.all_gather(parts, sent)
            else:
                dist.gather(sent, parts or None)
        return [part.to(x.device) for part in parts]


@contextmanager
def talking() -> Iterator[None]:
    """Around what needs the other processes. Raises SpecError (``train.ranks``) if one is gone."""
    try:
        yield
    except RuntimeError:
        text = "another process of this training has ended"
        raise SpecError(Diagnostic("train.ranks", text, hint="start all again with --resume")) from None
