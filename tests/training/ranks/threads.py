"""Processes that are threads: what several would compute, at the price of one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from compose.kernels.everywhere import summing
from compose.training.ranks.several import Several

T = TypeVar("T")


class Table:
    """Where threads lay what they exchange."""

    def __init__(self, count: int) -> None:
        self.count, self.lock = count, threading.Lock()
        self.laid: list[Tensor] = [torch.empty(0)] * count
        self.barrier = threading.Barrier(count, timeout=60)

    def exchange(self, rank: int, x: Tensor) -> list[Tensor]:
        self.laid[rank] = x.clone()
        self.barrier.wait()
        found = list(self.laid)
        assert len({(one.shape, one.dtype) for one in found}) == 1, "they say different things"
        self.barrier.wait()
        return found


class Threaded(Several):
    """One of several threads."""

    def __init__(self, rank: int, table: Table) -> None:
        super().__init__(rank, table.count, torch.device("cpu"))
        self.table = table

    def told(self, numbers: Sequence[int] = (0, 0)) -> list[int]:
        return self.table.exchange(self.rank, torch.tensor(numbers))[0].tolist()

    def _reduced(self, x: Tensor) -> Tensor:
        return torch.stack(self.table.exchange(self.rank, x)).sum(0).to(x.dtype)

    def _gathered(self, x: Tensor, *, to_all: bool) -> list[Tensor]:
        found = self.table.exchange(self.rank, x)
        return [one.clone() for one in found] if to_all or self.leads else []


def together(count: int, work: Callable[[Threaded], T]) -> list[T]:
    """What ``count`` processes give that do this work together."""
    table = Table(count)

    def one(rank: int) -> T:
        torch.set_num_threads(1)
        ranks = Threaded(rank, table)
        try:
            with summing(ranks.sum):
                return work(ranks)
        except BaseException:
            table.barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(one, rank) for rank in range(count)]
    errors = [e for e in (x.exception() for x in waiting) if e and not isinstance(e, threading.BrokenBarrierError)]
    if errors:
        raise errors[0]
    return [x.result() for x in waiting]
