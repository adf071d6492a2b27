"""What a waiting person sees: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from rich.console import Console

from compose.training.bar import Bar
from compose.training.clocks import Clocks
from compose.training.evaluate import Score
from compose.training.interrupt import Interrupt
from compose.training.say import say
from compose.training.tell import Tell, evaluation, nobody

_QUIET_SECONDS = 10.0
_TELL_SECONDS = 1.0


class Reporter:
    """Shows how far a training is, how fast it goes, the time left, and the latest evaluation.

    Args:
        console: Where to write; a bar is drawn only if it is a terminal.
        clock: The clock that the end is measured by: ``env_steps``, ``episodes`` or ``updates``.
        total: Its reading at the end.
        seeds: Of the runs that are trained.
        tell: Who is told as data.
    """

    def __init__(self, console: Console, clock: str, total: int, seeds: Sequence[int] = (0,),
                 tell: Tell = nobody) -> None:
        self.console, self.clock, self.total, self.seeds, self.tell = console, clock, total, tuple(seeds), tell
        self._before = f"{len(seeds)} seeds: " if len(seeds) > 1 else ""
        self._told = -math.inf
        self._evaluation = ""
        self._started = self._spoke = time.monotonic()
        self._first: Clocks | None = None
        self._now: Clocks | None = None
        self.interrupt: Interrupt | None = None
        """Whose being asked is shown."""
        self._bar = Bar(console, self._forms, self._share) if console.is_terminal and not console.is_dumb_terminal \
            else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def moved(self, clocks: Clocks) -> None:
        """The clocks advanced."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._started = Clocks(**clocks.read()), now
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            self.tell(self._progress(clocks, now))
        self._now = Clocks(**clocks.read())
        if self._bar is None and now - self._spoke >= _QUIET_SECONDS:
            self._say(clocks, now)

    def evaluated(self, clocks: Clocks, text: str) -> None:
        """There is a new evaluation."""
        self._evaluation = text
        if self._bar is None:
            self._say(clocks, time.monotonic())

    def scored(self, seed: int, clocks: Clocks, score: Score) -> None:
        """One of the runs was evaluated."""
        self.tell(evaluation(seed, clocks, score))

    def _say(self, clocks: Clocks, now: float) -> None:
        self._spoke = now
        left = self._left(clocks, now)
        told = f"{self._count(clocks)}, {self._rates(clocks, now)}{f', {left} left' if left else ''}"
        say(self.console, f"{told}; {self._evaluation}" if self._evaluation else told)

    def _forms(self) -> list[str]:
        """What the bar says, from the longest form to the shortest."""
        clocks, now = self._now or Clocks(), time.monotonic()
        count, rates, left = self._count(clocks), self._rates(clocks, now), self._left(clocks, now)
        if self.interrupt is not None and self.interrupt.asked:
            return [f"{count}, saving and stopping (Ctrl-C once more: at once)", "saving and stopping", "stopping"]
        left, rate = f"{left} left" if left else "", rates.split(",")[0]
        said, solved = self._evaluation, self._evaluation.split(",")[0]
        return ["  ".join(filter(None, parts)) for parts in (
            ("{bar}", count, rates, left, said), ("{bar}", count, rate, left, said),
            ("{bar}", count, rate, left, solved), ("{bar}", count, left, solved),
            ("{bar}", count, left), ("{bar}", count), (count,),
        )]  # fmt: skip

    def _share(self) -> float:
        return (self._now or Clocks()).read()[self.clock] / self.total

    def _count(self, clocks: Clocks) -> str:
        done = min(clocks.read()[self.clock], self.total)
        return f"{self._before}{done:,}/{self.total:,} {self.clock.replace('_', ' ')}"

    def _left(self, clocks: Clocks, now: float) -> str:
        """The time left, if there is some, and anything to go by."""
        done, since = clocks.read()[self.clock], now - self._started
        gained = done - (self._first or clocks).read()[self.clock]
        more = self.total - done
        return str(timedelta(seconds=round(more * since / gained))) if gained > 0 and more > 0 else ""

    def _rates(self, clocks: Clocks, now: float) -> str:
        updates, steps = self._speeds(clocks, now)
        return f"{updates:.1f} updates/s, {steps:.0f} env steps/s"

    def _speeds(self, clocks: Clocks, now: float) -> tuple[float, float]:
        """Updates and environment steps a second."""
        first, seconds = self._first or clocks, max(now - self._started, 1e-9)
        return (clocks.updates - first.updates) / seconds, (clocks.env_steps - first.env_steps) / seconds

    def _progress(self, clocks: Clocks, now: float) -> dict[str, Any]:
        updates, steps = self._speeds(clocks, now)
        return {"event": "progress", "seeds": list(self.seeds), "clocks": clocks.read(), "clock": self.clock,
                "total": self.total, "updates_per_second": updates, "env_steps_per_second": steps}
