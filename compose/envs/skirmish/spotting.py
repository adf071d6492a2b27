"""Who may see which enemy where agents do not share their sight: SMACv2's extended partial observability."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from compose.envs.starcraft.scenario_model import Scenario
from compose.kernels.random import Seeds, keys, uniform

NOBODY = -1
STREAM = "first sight"
"""Of the draws."""


class Spotted(NamedTuple):
    """Who saw whom first, and who else may see them."""

    owner: Tensor
    """int64 [battle enemy]: the agent who saw the enemy first; -1: nobody."""
    permitted: Tensor
    """bool [battle ally enemy]."""


class Spotting:
    """The first agent, in the order of slots, that finds an enemy without owner owns it and goes on seeing it; each
    other agent draws once whether it may see it too. That holds until the owner or the enemy dies. Then all is as if
    nobody had seen the enemy, and whoever finds it in that very moment is its next owner."""

    def __init__(self, scenario: Scenario, limit: int, device: torch.device) -> None:
        self._allies, self._enemies, self._moments = scenario.agents, scenario.enemies, limit + 1
        self._shared = torch.tensor(scenario.shared_sight, dtype=torch.float32, device=device)
        self._agent = torch.arange(self._allies, device=device)[:, None]
        self._pair = torch.arange(self._allies * self._enemies, device=device).view(self._allies, self._enemies)

    def nobody(self, battles: int) -> Spotted:
        """Before anybody looked."""
        pairs = self._pair.new_zeros(battles, *self._pair.shape, dtype=torch.bool)
        return Spotted(self._pair.new_full((battles, self._enemies), NOBODY), pairs)

    def after(self, old: Spotted, finds: Tensor, alive: Tensor, episodes: Tensor, time: Tensor, seed: Seeds) -> Spotted:
        """What follows from ``old`` once agents looked; the same where they looked already.

        Args:
            finds: Who is where an agent could see it, bool [battle ally enemy].
            alive: Bool [battle unit].
            episodes: Their numbers, int64 [battle].
            time: Steps before, int64 [battle].
        """
        kept = (old.owner >= 0) & alive.gather(1, old.owner.clamp(min=0)) & alive[:, self._allies :]
        found = finds.any(1) & ~kept
        first = finds.int().argmax(1)
        owner = torch.where(kept, old.owner, first.where(found, NOBODY))
        moments = (episodes * self._moments + time) * self._pair.numel()
        shown = uniform(keys(seed, STREAM), moments[:, None] + self._pair.flatten()).view_as(finds) < self._shared
        fresh = (shown | (self._agent == first[:, None])) & found[:, None]
        return Spotted(owner, torch.where(kept[:, None], old.permitted, fresh))
