"""What a logger is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

Outcome = Literal["finished", "interrupted", "failed"]


@dataclass(frozen=True)
class LoggedRun:
    """What a logger is told of a run when it begins or goes on."""

    folder: Path
    """The run's folder; a logger that writes files makes a folder of its own name in it."""
    id: str
    """32 hexadecimal digits, the same after every resumption."""
    spec: str
    """The name of the spec."""
    env: str
    """The name of the environment, with its options."""
    seed: int
    """Of the weights and of every draw."""
    text: str
    """The resolved spec, as YAML."""
    settings: Mapping[str, Any]
    """How long it is trained, and how it is looked at."""
    resumed: bool
    """Whether this logger was told of the run before."""


class Logger(ABC):
    """Takes the numbers of one run. ``step`` is always in environment steps.

    Whatever a method raises is told once; from then on the run goes on without this logger.
    """

    anew: ClassVar[bool] = False
    """On a resumption: True forgets in :meth:`begin` what it was told before, and is told all that the run keeps, from
    its first row; False is told only what it has not been told. (A resumed run makes the rows after its last checkpoint
    once more.)"""

    @abstractmethod
    def begin(self, run: LoggedRun) -> None:
        """A run begins, or goes on."""

    @abstractmethod
    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """A row of metrics: means since the row before, and what holds now."""

    def evaluation(self, step: int, values: Mapping[str, float]) -> None:
        """An evaluation; unless told, as :meth:`metrics`."""
        self.metrics(step, values)

    def artefact(self, step: int, name: str, file: Path) -> None:  # noqa: B027
        """A picture, ``.gif`` or ``.png``, that lies in the run's folder; nothing unless told."""

    def end(self, outcome: Outcome) -> None:  # noqa: B027
        """Nothing more will come: write everything down; nothing unless told.

        After ``interrupted`` the run may be resumed.
        """
