"""How far a study is: a table that lives while its runs are made, and the same at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from compose.study.runs.standing import STATES, Standing
from compose.training.say import say, shown, table

QUIET = 30.0
"""Seconds between lines where there is no terminal."""
SHOWN = 20
"""Runs that are listed one by one."""


class Watch:
    """Shows standings as they change: a live table on a terminal, now and then a line elsewhere."""

    def __init__(self, console: Console, name: str) -> None:
        self.console, self.name = console, name
        live = console.is_terminal and not console.is_dumb_terminal
        self._live = Live(console=console, auto_refresh=False, transient=True) if live else None
        self._spoke = self._began = time.monotonic()
        self._first: float | None = None
        self._done = -1

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, now: Sequence[Standing], words: Sequence[str]) -> None:
        for text in words:
            self.say(text)
        line = self.line(now)
        if self._live is not None:
            grid = Table.grid()
            grid.add_row(shown(line))  # first: of a table that is higher than the terminal the end is cut off
            grid.add_row(summary(now, self.console))
            self._live.update(grid, refresh=True)
            return
        done = sum(one.state in ("done", "failed") for one in now)
        if done != self._done or time.monotonic() - self._spoke >= QUIET:
            self._done, self._spoke = done, time.monotonic()
            self.say(line)

    def say(self, text: str) -> None:
        """Print a line."""
        say(self.console, f"{self.name}: {text}")

    def line(self, now: Sequence[Standing]) -> str:
        """``12 of 48 done, 2 running, 34 waiting; 1:20:00 left``."""
        counts = [f"{n} {state}" for state in STATES[1:] if (n := sum(one.state == state for one in now))]
        left = self.left(now)
        return ", ".join([f"{sum(one.state == 'done' for one in now)} of {len(now)} done", *counts]) \
            + (f"; {left} left" if left else "")

    def left(self, now: Sequence[Standing]) -> str:
        """The time left, by how fast it has gone since this process looks on; empty while that says nothing."""
        share = sum(1.0 if one.state == "failed" else one.share for one in now) / max(1, len(now))
        if self._first is None:
            self._first = share
        gained, seconds = share - self._first, time.monotonic() - self._began
        return str(timedelta(seconds=round((1 - share) / gained * seconds))) if gained > 0 and share < 1 else ""


def summary(now: Sequence[Standing], console: Console) -> Table:
    """A row for each method and environment: runs by state, and what the done ones have reached."""
    groups: dict[tuple[str, str], list[Standing]] = {}
    for one in now:
        groups.setdefault((one.run.method, one.run.env), []).append(one)
    states = [state for state in STATES[1:] if any(one.state == state for one in now)]
    rows = table(console, "", "method", ())
    rows.add_column("environment")
    for column in rows.columns:
        column.overflow = "fold"
    for name in ("done", *states, "solved", "return"):
        rows.add_column(name, justify="right", no_wrap=True)
    for (method, env), ones in groups.items():
        done = [one for one in ones if one.state == "done"]
        counts = [str(n) if (n := sum(one.state == state for one in ones)) else "" for state in states]
        scores = [one.score for one in done if one.score]
        means = [f"{sum(score[name] for score in scores) / len(scores):.2f}" if scores else ""
                 for name in ("success", "returned")]
        rows.add_row(shown(method), shown(env), f"{len(done)}/{len(ones)}", *counts, *means)
    return rows


def show_table(now: Sequence[Standing], console: Console) -> None:
    """Print :func:`summary`; scores are means over done runs of each one's last evaluations."""
    console.print(summary(now, console))


def show_running(now: Iterable[Standing], console: Console) -> None:
    """Print who works on what."""
    running = [one for one in now if one.state == "running"]
    for one in running[:SHOWN]:
        say(console, f"running: {one.run.name}, {one.share:.0%}, {one.owner}")
    _more(running, console)


def show_failures(now: Iterable[Standing], console: Console) -> None:
    """Print what failed: its last words, and a command that repeats it."""
    failed = [one for one in now if one.state == "failed"]
    for one in failed[:SHOWN]:
        assert one.failure is not None
        say(console, f"failed: {one.run.name}")
        for line in (*one.failure.words.splitlines(), f"log: {one.failure.log}", f"again: {one.failure.command}"):
            say(console, f"    {line}")
    _more(failed, console)


def _more(ones: Sequence[Standing], console: Console) -> None:
    if len(ones) > SHOWN:
        say(console, f"    and {len(ones) - SHOWN} more")


def data(one: Standing, runs: Path) -> dict[str, Any]:
    """A run and how far it is, as plain data."""
    owner = one.owner and {"host": one.owner.host, "pid": one.owner.pid, "since": one.owner.since}
    failure = one.failure and one.failure.model_dump()
    return {"method": one.run.method, "env": one.run.env, "seed": one.run.seed, "folder": str(runs / one.run.folder),
            "state": one.state, "clocks": dict(one.clocks), "seconds": one.seconds, "score": one.score,
            "owner": owner, "failure": failure}
