"""Utilities of all agents over whole episodes."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import EntityAttention


class RecurrentAgent(nn.Module):
    """Embed entities, attend, then a GRU cell in a loop over time.

    ``entities`` [batch time entity feature], ``visible`` bool [batch time agent entity] -> [batch time agent action].
    """

    def __init__(self, inputs: int, embed: int, hidden: int, actions: int, heads: int, agents: int) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, embed)
        self.attention = EntityAttention(embed, embed, embed, heads, agents)
        self.before = nn.Linear(embed, hidden)
        self.cell = nn.GRUCell(hidden, hidden)
        self.values = nn.Linear(hidden, actions)

    def forward(self, entities: Tensor, visible: Tensor) -> Tensor:
        batch, time, agents, _ = visible.shape
        x = F.relu(self.embed(rearrange(entities, "b t e f -> (b t) e f")))
        x = F.relu(self.before(self.attention(x, rearrange(visible, "b t a e -> (b t) a e"))))
        x = rearrange(x, "(b t) a f -> b t a f", t=time)
        h = x.new_zeros(batch * agents, self.cell.hidden_size)
        states = []
        for t in range(time):
            h = self.cell(x[:, t].reshape(batch * agents, -1), h)
            states.append(h.view(batch, agents, -1))
        return self.values(torch.stack(states, dim=1))


class FeedForwardAgent(nn.Module):
    """The same without memory, for Group Matching."""

    def __init__(self, inputs: int, embed: int, actions: int, heads: int, agents: int) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, embed)
        self.attention = EntityAttention(embed, embed, embed, heads, agents)
        self.values = nn.Linear(embed, actions)

    def forward(self, entities: Tensor, visible: Tensor) -> Tensor:
        x = F.relu(self.embed(rearrange(entities, "b t e f -> (b t) e f")))
        x = self.values(F.relu(self.attention(x, rearrange(visible, "b t a e -> (b t) a e"))))
        return rearrange(x, "(b t) a action -> b t a action", b=len(entities))
