"""Sums over all processes that learn from parts of one batch; where one holds it all, nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, fx

Sum = Callable[[Tensor], Tensor]
_how: ContextVar[Sum | None] = ContextVar("how processes sum", default=None)


@contextmanager
def summing(how: Sum) -> Iterator[None]:
    """Within it, programs that are traced and run sum over processes by ``how``."""
    before = _how.set(how)
    try:
        yield
    finally:
        _how.reset(before)


def alone() -> AbstractContextManager[None]:
    """Within it, this process computes for itself."""
    return summing(lambda x: x)


def everywhere(x: Any) -> Any:
    """The sum of a tensor over all processes, without gradient; of a ``torch.fx`` proxy it is one operation of the
    program, and none if this process is alone."""
    if _how.get() is None:
        return x
    return x.tracer.create_proxy("call_function", summed, (x,), {}) if isinstance(x, fx.Proxy) else summed(x)


@torch.no_grad()
def summed(x: Tensor) -> Tensor:
    """What :func:`everywhere` computes."""
    how = _how.get()
    return x if how is None else how(x.detach())
