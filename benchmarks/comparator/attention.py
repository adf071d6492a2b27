"""Agents that look at entities."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn


class EntityAttention(nn.Module):
    """Multi-head attention whose queries are the first ``agents`` of the entities.

    ``x`` [N entity inputs], ``mask`` bool [N agent entity] (True: may be seen) -> [N agent outputs].
    An agent that sees nothing joins zeros.
    """

    def __init__(self, inputs: int, width: int, outputs: int, heads: int, agents: int) -> None:
        super().__init__()
        self.agents, self.heads = agents, heads
        self.query = nn.Linear(inputs, width, bias=False)
        self.key_value = nn.Linear(inputs, 2 * width, bias=False)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q = rearrange(self.query(x[:, : self.agents]), "n agent (head d) -> n head agent d", head=self.heads)
        k, v = rearrange(self.key_value(x), "n entity (two head d) -> two n head entity d", two=2, head=self.heads)
        logits = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        hidden = ~mask[:, None]
        weights = torch.softmax(logits.masked_fill(hidden, -1e9), dim=-1).masked_fill(hidden, 0.0)
        return self.out(rearrange(weights @ v, "n head agent d -> n agent (head d)"))
