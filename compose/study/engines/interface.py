"""What an engine is."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from compose.study.runs.workspace import Workspace


@dataclass(frozen=True)
class Job:
    """What workers are started with."""

    workspace: Workspace
    workers: int
    """How many at most."""
    plugins: tuple[str, ...] = ()
    """Plug-ins they load."""

    def command(self, *more: str) -> list[str]:
        """The command line of one worker."""
        loads = [part for plugin in self.plugins for part in ("--plugin", plugin)]
        return [sys.executable, "-m", "compose", "study", "work", str(self.workspace.path), *loads, *more]


class Engine(ABC):
    """Starts workers, which take runs by themselves; whoever drives it asks it again and again."""

    @abstractmethod
    def keep(self, wanted: int) -> None:
        """See to it that workers are there, or on their way, for ``wanted`` free runs; returns at once."""

    @abstractmethod
    def working(self) -> int:
        """Workers that are there or on their way."""

    @abstractmethod
    def stop(self) -> None:
        """Let all workers save and end, and wait for them."""

    def words(self) -> Sequence[str]:
        """What a person should know now: of workers that died, of a queue."""
        return ()
