"""One gradient step of QMIX (Attention), REFIL and their VDN forms."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from .agent import FeedForwardAgent, RecurrentAgent
from .mixer import FlexMixer, LinearMixer, SumMixer
from .update import Update, mean_square, pick


@dataclass(frozen=True)
class Sizes:
    """Widths of inputs and layers. ``inputs`` counts the last action where it is fed."""

    agents: int
    actions: int
    inputs: int
    embed: int
    hidden: int
    hyper: int
    mixing: int
    heads: int = 4


@dataclass(frozen=True)
class Method:
    """What tells the methods apart."""

    mixer: str
    """``flex``, ``linear`` or ``sum``."""
    recurrent: bool
    """A GRU and last actions as inputs, or neither."""
    imagine: bool
    """REFIL's auxiliary loss over a random partition of the entities."""


class Learner(Update):
    """Online and target networks, losses, and the update. Discount 0.99, both losses weigh 1/2 if there are two."""

    def __init__(self, sizes: Sizes, method: Method) -> None:
        self.sizes, self.method = sizes, method
        s = sizes
        self.agent = FeedForwardAgent(s.inputs, s.embed, s.actions, s.heads, s.agents)
        if method.recurrent:
            self.agent = RecurrentAgent(s.inputs, s.embed, s.hidden, s.actions, s.heads, s.agents)
        self.mixer = SumMixer()
        if method.mixer != "sum":
            kind = FlexMixer if method.mixer == "flex" else LinearMixer
            self.mixer = kind(s.inputs, s.hyper, s.mixing, s.heads, s.agents)
        self.target_agent, self.target_mixer = copy.deepcopy(self.agent), copy.deepcopy(self.mixer)
        self.prepare()

    def losses(self, batch: dict[str, Tensor], groups: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, and each loss before its weight.

        Args:
            batch: ``entities`` [batch time entity feature], ``visible`` bool [batch time agent entity], ``present``
                bool [batch time entity], ``available`` bool [batch time agent action], ``action`` [batch time agent],
                ``last_action`` [batch time agent action], ``reward``, ``terminated`` and ``steps`` [batch time]. The
                last time index is only bootstrapped from.
            groups: The group each entity was drawn into [batch entity], where the method imagines.
        """
        entities, present = self._inputs(batch), batch["present"]
        action, reward = batch["action"][:, :-1], batch["reward"][:, :-1]
        counted, ended = batch["steps"][:, :-1].to(reward.dtype), batch["terminated"][:, :-1].to(reward.dtype)

        masks = () if groups is None else self._masks(groups, present)
        if masks:
            views = torch.cat([batch["visible"], *(batch["visible"] & mask for mask in masks)])
            q, *imagined = self.agent(entities.repeat(3, 1, 1, 1), views).chunk(3)
        else:
            q, imagined = self.agent(entities, batch["visible"]), []
        q_tot = self.mixer(pick(q[:, :-1], action), entities[:, :-1], present[:, :-1])

        with torch.no_grad():
            best = q.masked_fill(~batch["available"], -1e9).argmax(-1)
            later = pick(self.target_agent(entities, batch["visible"]), best)[:, 1:]
            bootstrap = self.target_mixer(later, entities[:, 1:], present[:, 1:])
            y = reward + 0.99 * (1 - ended) * bootstrap

        losses = {"td": mean_square(q_tot - y, counted)}
        if not masks:
            return losses["td"], losses
        factors = torch.cat([pick(view[:, :-1], action) for view in imagined], dim=-1)
        within, across = (mask[:, :-1] for mask in masks)
        q_aux = self.mixer(factors, entities[:, :-1], present[:, :-1], (within, across))
        losses["aux"] = mean_square(q_aux - y, counted)
        return 0.5 * losses["td"] + 0.5 * losses["aux"], losses

    def _inputs(self, batch: dict[str, Tensor]) -> Tensor:
        """Entities with the last action of those that act."""
        entities = batch["entities"]
        if not self.method.recurrent:
            return entities
        last = entities.new_zeros(*entities.shape[:3], self.sizes.actions)
        last[:, :, : self.sizes.agents] = batch["last_action"]
        return torch.cat([entities, last], dim=-1)

    def _masks(self, groups: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Who shares an agent's group and who does not, at every time index."""
        agents = self.sizes.agents
        pair = present[:, 0, :agents, None] & present[:, 0, None]
        same = groups[:, :agents, None] == groups[:, None]
        shape = (-1, present.shape[1], -1, -1)
        return (pair & same)[:, None].expand(shape), (pair & ~same)[:, None].expand(shape)
