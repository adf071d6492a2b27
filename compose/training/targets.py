"""Lagged copies of weights: when they follow, and how far."""

from __future__ import annotations

from typing import Any

from compose.compiler.model import Model
from compose.compiler.weights import follow
from compose.training.clocks import Clocks


class TargetClock:
    """Fires when at least ``every`` ticks have passed since it last fired.

    The count starts again at the reading at which it fired, not at a multiple of ``every``: with 7 episodes at a time,
    ``200 episodes`` fires at 203 and 406.
    """

    def __init__(self, every: int, last: int = 0) -> None:
        self.every = every
        self.last = last

    def fires(self, count: int) -> bool:
        """Whether it fires at this reading of its clock."""
        if count - self.last < self.every:
            return False
        self.last = count
        return True


class Targets:
    """``copy``: target <- weights. ``polyak``: target <- (1 - tau) target + tau weights. Checked after every update.

    Args:
        settings: ``kind``, ``every`` (count and clock) and ``tau`` of ``learner.target``.
    """

    def __init__(self, settings: Any) -> None:
        self.clock_name: str = settings.every.clock
        self.clock = TargetClock(settings.every.count)
        self.rate: float = 1.0 if settings.kind == "copy" else settings.tau

    def follow(self, model: Model, clocks: Clocks) -> bool:
        """Move the targets if their time has come; says whether it had."""
        if not self.clock.fires(clocks.read()[self.clock_name]):
            return False
        follow(model.target, model.weights, self.rate)
        return True
