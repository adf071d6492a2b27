"""What the properties of an environment are tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from compose.envs.conformance.play import Make, Play, maker, play
from compose.envs.guard.finding import Finding
from compose.envs.interface import Environment
from compose.kernels.random import Seeds


@dataclass(frozen=True)
class Unseen:
    """A property could not be put to the test, because what it speaks of did not occur."""

    reason: str


@dataclass
class Case:
    """An environment, and the same episodes played under each of several seeds."""

    source: str | Make
    episodes: Sequence[int]
    seeds: Sequence[int]
    device: str | torch.device = "cpu"
    recorded: list[Play] = field(default_factory=list)
    """Those of :attr:`plays` that are made."""

    @cached_property
    def make(self) -> Make:
        """Makes a new environment."""
        return maker(self.source, self.device)

    @property
    def plays(self) -> list[Play]:
        """One for each seed. Raises Broken."""
        while len(self.recorded) < len(self.seeds):
            self.recorded.append(self.play(self.episodes, self.seeds[len(self.recorded)]))
        return self.recorded

    def play(self, episodes: Sequence[int], seed: Seeds = 0, *, actions: Tensor | None = None, alike: bool = False,
             environment: Environment | None = None) -> Play:
        """:func:`~compose.envs.conformance.play.play` of this environment. Raises Broken."""
        return play(self.source, episodes, seed, actions=actions, alike=alike, device=self.device,
                    environment=environment)


@dataclass(frozen=True)
class Property:
    """One thing that every environment must keep to."""

    name: str
    says: str
    """What holds, in one sentence."""
    check: Callable[[Case], Iterator[Finding | Unseen]]
    """Gives what is wrong; or why nothing could be seen."""
    needs: tuple[str, ...] = ()
    """Properties without which this one says nothing."""
