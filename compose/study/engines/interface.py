"""What an engine is."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from compose.study.runs.workspace import Workspace

STOPPED = 130
"""The exit code of a worker that was asked to stop."""
REFUSED = 2
"""That of one that could not go on, and has said why: for want of room, say."""


@dataclass(frozen=True)
class Job:
    """What workers are started with."""

    workspace: Workspace
    workers: int | None = None
    """How many at most; None leaves it to the engine."""
    plugins: tuple[str, ...] = ()
    """Plug-ins they load."""
    threads: int = 1
    """Threads of each."""

    def command(self, *more: str) -> list[str]:
        """The command line of one worker."""
        loads = [part for plugin in self.plugins for part in ("--plugin", plugin)]
        return [sys.executable, "-m", "compose", "study", "work", str(self.workspace.path), *loads, *more]


class Engine(ABC):
    """Starts workers, which take runs by themselves; whoever drives it asks it again and again."""

    @abstractmethod
    def keep(self, free: int, running: int) -> None:
        """See to it that workers are there, or on their way, for so many free runs beside those that are made now by
        whomever; returns at once."""

    @abstractmethod
    def stop(self) -> None:
        """Let all workers save and end, and wait for them."""

    def died(self) -> Sequence[str]:
        """Of each worker that died since this was asked last: which, and what is known of it."""
        return ()

    def words(self) -> Sequence[str]:
        """What else a person should know now, such as how long the queue is."""
        return ()


def lacking(working: int, most: int, free: int, running: int) -> int:
    """How many workers are to be started beside those that are there or on their way: never more than free runs that
    none of them will take."""
    return max(0, min(most - working, free - max(0, working - running)))
