"""Mean and variance of what a batch holds."""

from collections.abc import Callable
from typing import Any, Literal

from compose.language.operation import Site

Steps = Literal["taken", "stored"]
"""Which steps count: those of the mask; or for every episode as many as the longest of the batch has, the others as
zeros."""


def every_step(site: Site, port: str, *, agents: bool = False) -> None:
    """Raises Failed unless one number arrives at every step, or one of every agent where that is allowed."""
    axes = site.type(port).axes
    if axes != ("batch", "time") and not (agents and axes == ("batch", "time", "agent")):
        more = ", or [batch time agent]" if agents else ""
        site.fail(port, f"expected one number at every step, [batch time]{more}, got {site.type(port)}")


def moments(of: Any, where: Any, steps: Steps, total: Callable[[Any], Any] = lambda x: x,
            rows: Any = None) -> tuple[Any, Any, Any]:
    """Number, mean and unbiased variance of ``of`` [batch time ...] where ``where`` [batch time ...].

    ``total`` sums over parts of the batch (:meth:`Run.everywhere`); only where ``steps`` are ``taken``. ``rows``: how
    many have as many steps as the longest episode where they are ``stored``; all, unless told."""
    import torch

    of, where = torch.broadcast_tensors(of, where)  # type: ignore[no-untyped-call]
    taken, lengths = total(where.sum()).to(of.dtype), where.sum(1)
    stored = lengths.max() * (lengths.numel() if rows is None else rows)
    number = taken if steps == "taken" else stored.to(of.dtype)
    mean = total(of.masked_fill(~where, 0.0).sum()) / number.clamp(min=1)
    squares = total((of - mean).square().masked_fill(~where, 0.0).sum()) + (number - taken) * mean.square()
    return number, mean, squares / (number - 1).clamp(min=1)
