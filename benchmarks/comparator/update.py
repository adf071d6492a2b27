"""Networks, their lagged copies, and one update of them, whatever the losses."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn


class Update:
    """RMSprop at PyMARL's settings, gradients clipped at 10. Subclasses make the networks and :meth:`losses`."""

    agent: nn.Module
    mixer: nn.Module
    target_agent: nn.Module
    target_mixer: nn.Module
    optimizer: torch.optim.Optimizer

    def prepare(self) -> None:
        """Once the networks are there."""
        self.optimizer = torch.optim.RMSprop(self.online.parameters(), lr=5e-4, alpha=0.99, eps=1e-5)

    @property
    def online(self) -> nn.ModuleDict:
        """All learned weights."""
        return nn.ModuleDict({"agent": self.agent, "mixer": self.mixer})

    @property
    def target(self) -> nn.ModuleDict:
        """All lagged weights."""
        return nn.ModuleDict({"agent": self.target_agent, "mixer": self.target_mixer})

    def to(self, device: torch.device | str, dtype: torch.dtype) -> Self:
        """Move everything."""
        self.online.to(device, dtype)
        self.target.to(device, dtype)
        return self

    def step(self, batch: dict[str, Tensor], groups: Tensor | None) -> tuple[float, float]:
        """Losses, backward, clipping, RMSprop. Gives the loss and the norm of the gradient."""
        weights = list(self.online.parameters())
        total, _ = self.losses(batch, groups)
        self.optimizer.zero_grad()
        total.backward()
        norm = nn.utils.clip_grad_norm_(weights, 10.0)
        self.optimizer.step()
        return float(total.detach()), float(norm)

    def losses(self, batch: dict[str, Tensor], groups: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, and each loss before its weight."""
        raise NotImplementedError


def pick(values: Tensor, action: Tensor) -> Tensor:
    """Of every row of values the one of its action."""
    return values.gather(-1, action[..., None]).squeeze(-1)


def mean_square(error: Tensor, counted: Tensor) -> Tensor:
    """Over what counts."""
    return (error**2 * counted).sum() / counted.sum()
