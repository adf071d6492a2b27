"""The on-policy learner: collect some episodes, update from them, forget them."""

from __future__ import annotations

from collections.abc import Collection

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.kernels.random import bits, key
from compose.language import learning
from compose.training.learner import Batch, Learner


class OnPolicyLearner(Learner):
    """``updates: N per M episodes``: M episodes are played with the weights as they are, then come N updates, then they
    are forgotten.

    Each update learns from all M, or from one of ``minibatches`` equal parts: every part once an epoch, anew at random
    in each. One update steps every optimizer once, in the order of ``after``. Statistics that look at batches look at
    all M episodes once, before the first of the N. Only fields that losses read are recorded.
    """

    reads = learning.OnPolicyLearner
    settings: learning.OnPolicyLearner

    @property
    def keep(self) -> Collection[str]:
        of_agents = any(".agent." in name for one in self._learning for name in one.needs("plan"))
        return self.read | ({"visible"} if of_agents else set())  # rows of agents are planned by the shape of `visible`

    def due(self) -> int:
        ratio = self.settings.updates
        return self.clocks.episodes // ratio.episodes * ratio.updates - self.clocks.updates

    def upcoming(self, limit: int | None = None) -> Tensor:
        """As for every learner, but never beyond the episodes of one collection."""
        left = self.settings.kept - self.clocks.episodes % self.settings.kept
        return super().upcoming(left if limit is None else min(left, limit))

    @property
    def parted(self) -> int:
        """What minibatches are parts of: so many episodes, by their places in the collection."""
        return self.settings.kept

    def collected(self, part: Tensor | None = None) -> TensorDict:
        """What was collected last, or some of what minibatches are :attr:`parted` of."""
        return self.replay.newest(self.settings.kept, part)

    def chosen(self) -> TensorDict:
        """The minibatch whose turn it is: a function of the seed and the number of the update."""
        parts = self.settings.minibatches
        if parts == 1:
            return self.collected()
        epoch, turn = divmod(self.clocks.updates, parts)
        order = bits(key(self.seed, "minibatches", epoch), torch.arange(self.parted, device=self.env.device)).argsort()
        return self.collected(order.chunk(parts)[turn])

    def refresh(self, batch: Batch) -> None:
        """Only before the first update from a collection, which is looked at as a whole."""
        if self.model.statistics and self.clocks.updates % self.settings.updates.updates == 0:
            super().refresh(batch if self.settings.minibatches == 1 else self.batch_of(self.collected()))
