"""What a waiting person sees: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compose.training.clocks import Clocks
from compose.training.say import say

_QUIET_SECONDS = 10.0
_NARROW, _WIDE = 80, 150
"""Columns that a short line, and a whole one, need."""


class Reporter:
    """Shows how far a training is, how fast it goes, the time left, and the latest evaluation.

    Args:
        console: Where to write; a bar is drawn only if it is a terminal.
        clock: The clock that the end is measured by: ``env_steps``, ``episodes`` or ``updates``.
        total: Its reading at the end.
        of: What is trained, such as ``16 seeds``, if that is more than one run.
    """

    def __init__(self, console: Console, clock: str, total: int, of: str = "") -> None:
        self.console, self.clock, self.total = console, clock, total
        self._before = f"{of}: " if of else ""
        self._evaluation = ""
        self._started = self._spoke = time.monotonic()
        self._first: Clocks | None = None
        self._bar: Progress | None = None
        if console.is_terminal:
            bar = 40 if console.width >= _WIDE else 10 if console.width >= _NARROW else 4
            self._bar = Progress(
                TextColumn("{task.description}", markup=False), BarColumn(bar), MofNCompleteColumn(),
                TextColumn("{task.fields[rates]}", markup=False), TimeRemainingColumn(),
                TextColumn("{task.fields[evaluation]}", markup=False), console=console, refresh_per_second=4,
            )
            name = self._before + clock.replace("_", " ")
            self._task = self._bar.add_task(name, total=total, rates="", evaluation="")

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
        if self._bar is not None:
            done = min(clocks.read()[self.clock], self.total)
            rates, evaluation = self._fitting(self._rates(clocks, now))
            self._bar.update(self._task, completed=done, rates=rates, evaluation=evaluation)
        elif now - self._spoke >= _QUIET_SECONDS:
            self._say(clocks, now)

    def evaluated(self, clocks: Clocks, text: str) -> None:
        """There is a new evaluation."""
        self._evaluation = text
        if self._bar is None:
            self._say(clocks, time.monotonic())

    def _say(self, clocks: Clocks, now: float) -> None:
        self._spoke = now
        done, seconds = clocks.read()[self.clock], now - self._started
        gained = done - (self._first or clocks).read()[self.clock]
        left = f", {(self.total - done) * seconds / gained:.0f} s left" if gained and done < self.total else ""
        line = f"{self._before}{done}/{self.total} {self.clock.replace('_', ' ')}, {self._rates(clocks, now)}{left}"
        say(self.console, f"{line}; {self._evaluation}" if self._evaluation else line)

    def _fitting(self, rates: str) -> tuple[str, str]:
        """Rates and evaluation, as much of them as leaves room for the count and the time left."""
        if self.console.width >= _WIDE:
            return rates, self._evaluation
        return rates.split(",")[0], self._evaluation.split(",")[0] if self.console.width >= _NARROW else ""

    def _rates(self, clocks: Clocks, now: float) -> str:
        first, seconds = self._first or clocks, max(now - self._started, 1e-9)
        updates, steps = clocks.updates - first.updates, clocks.env_steps - first.env_steps
        return f"{updates / seconds:.1f} updates/s, {steps / seconds:.0f} env steps/s"
