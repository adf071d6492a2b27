"""From utilities to one value for the team.

All mixers take ``utilities`` [batch time factor], ``entities`` [batch time entity feature], ``present`` bool
[batch time entity] and, for imagined utilities (those within an agent's group, then those across), the two masks
bool [batch time agent entity]; they give [batch time].
"""

from __future__ import annotations

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import EntityAttention

Imagined = tuple[Tensor, Tensor] | None


class Hypernet(nn.Module):
    """A row per agent: ``entities`` [N entity feature], ``mask`` bool [N agent entity] -> [N agent outputs]."""

    def __init__(self, inputs: int, width: int, outputs: int, heads: int, agents: int) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, width)
        self.attention = EntityAttention(width, width, width, heads, agents)
        self.rows = nn.Linear(width, outputs)

    def forward(self, entities: Tensor, mask: Tensor) -> Tensor:
        return self.rows(self.attention(F.relu(self.embed(entities)), mask))


class _Attentive(nn.Module):
    """Hypernetworks, and what both mixers do with presence. Means over agents are over those present."""

    def __init__(self, names: tuple[str, ...], inputs: int, width: int, mixing: int, heads: int, agents: int) -> None:
        super().__init__()
        self.agents = agents
        for name in names:
            setattr(self, name, Hypernet(inputs, width, mixing, heads, agents))

    def mean(self, rows: Tensor, here: Tensor) -> Tensor:
        """[N agent mixing] -> [N mixing]."""
        return (rows * here[..., None]).sum(1) / here.sum(1, keepdim=True).clamp(min=1)

    def first_layer(self, entities: Tensor, everything: Tensor, imagined: Imagined) -> Tensor:
        """[N factor mixing]."""
        if imagined is None:
            return self.w1(entities, everything)
        return torch.cat([self.w1(entities, rearrange(mask, "b t a e -> (b t) a e")) for mask in imagined], dim=1)


class FlexMixer(_Attentive):
    """``elu(q w1 + b1) . w2 + v``; w1 and w2 go through a softmax over the mixing units."""

    def __init__(self, inputs: int, width: int, mixing: int, heads: int, agents: int) -> None:
        super().__init__(("w1", "b1", "w2", "v"), inputs, width, mixing, heads, agents)

    def forward(self, utilities: Tensor, entities: Tensor, present: Tensor, imagined: Imagined = None) -> Tensor:
        time = utilities.shape[1]
        entities, present = (rearrange(x, "b t ... -> (b t) ...") for x in (entities, present))
        here = present[:, : self.agents]
        everything = repeat(present, "n entity -> n agent entity", agent=self.agents)
        w1 = torch.softmax(self.first_layer(entities, everything, imagined), dim=-1)
        b1 = self.mean(self.b1(entities, everything), here)
        w2 = torch.softmax(self.mean(self.w2(entities, everything), here), dim=-1)
        v = self.mean(self.v(entities, everything), here).mean(-1)
        q = rearrange(utilities, "b t (part a) -> (b t) part a", a=self.agents) * here[:, None]
        q = rearrange(q, "n part a -> n 1 (part a)")
        hidden = F.elu(torch.bmm(q, w1).squeeze(1) + b1)
        return rearrange((hidden * w2).sum(-1) + v, "(b t) -> b t", t=time)


class LinearMixer(_Attentive):
    """``sum_f w_f q_f + v``; w is a softmax over the factors that are present."""

    def __init__(self, inputs: int, width: int, mixing: int, heads: int, agents: int) -> None:
        super().__init__(("w1", "v"), inputs, width, mixing, heads, agents)

    def forward(self, utilities: Tensor, entities: Tensor, present: Tensor, imagined: Imagined = None) -> Tensor:
        time = utilities.shape[1]
        entities, present = (rearrange(x, "b t ... -> (b t) ...") for x in (entities, present))
        here = present[:, : self.agents]
        everything = repeat(present, "n entity -> n agent entity", agent=self.agents)
        absent = ~repeat(here, "n a -> n (part a)", part=utilities.shape[2] // self.agents)
        logits = self.first_layer(entities, everything, imagined).mean(-1)
        w = torch.softmax(logits.masked_fill(absent, -1e9), dim=-1).masked_fill(absent, 0.0)
        v = self.mean(self.v(entities, everything), here).mean(-1)
        q = rearrange(utilities, "b t factor -> (b t) factor")
        return rearrange((q * w).sum(-1) + v, "(b t) -> b t", t=time)


class SumMixer(nn.Module):
    """VDN: the plain sum."""

    def forward(self, utilities: Tensor, entities: Tensor, present: Tensor, imagined: Imagined = None) -> Tensor:
        agents = utilities.shape[2] if imagined is None else utilities.shape[2] // 2
        here = present[..., :agents]
        return (utilities * repeat(here, "b t a -> b t (part a)", part=utilities.shape[2] // agents)).sum(-1)
