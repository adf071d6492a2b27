"""Agents that look at entities."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class EntityAttention(nn.Module):
    """Multi-head attention whose queries are the first ``agents`` of the entities.

    ``x`` [N entity inputs], ``mask`` bool [N agent entity] (True: may be seen) -> [N agent outputs].
    An agent that sees nothing joins zeros.
    """

    def __init__(self, inputs: int, width: int, outputs: int, heads: int, agents: int) -> None:
        super().__init__()
        self.agents, self.heads, self.width = agents, heads, width // heads
        self.query = nn.Linear(inputs, width, bias=False)
        self.key_value = nn.Linear(inputs, 2 * width, bias=False)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        n, entities, _ = x.shape
        q = self.query(x[:, : self.agents]).view(n, self.agents, self.heads, self.width).transpose(1, 2)
        k, v = self.key_value(x).view(n, entities, 2, self.heads, self.width).permute(2, 0, 3, 1, 4)
        logits = q @ k.transpose(-1, -2) / self.width**0.5
        hidden = ~mask[:, None]
        weights = torch.softmax(logits.masked_fill(hidden, -1e9), dim=-1).masked_fill(hidden, 0.0)
        return self.out((weights @ v).transpose(1, 2).reshape(n, self.agents, self.heads * self.width))
