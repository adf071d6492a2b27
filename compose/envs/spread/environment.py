"""Spread, batched: the continuous form of MPE's task of this name (Lowe et al. 2017), without masses and momentum."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import one_hot

from compose.envs.interface import Environment, Fields, Transition
from compose.envs.spread.settings import Settings
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, keys, uniform


class Spread(Environment):
    """Agents and landmarks on the unit square, placed at random.

    An action is a step along x and y; walls stop it. An agent earns ``-mean_l min_a |a - l|``, the same for all, and
    pays for whom it bumps into; the team earns the mean. ``success`` is True in every step after which all landmarks
    are covered; episodes last until the limit, which truncates them.
    """

    kept = ("_time", "place", "landmark")

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema, self.settings, self.device = schema, settings, torch.device(device)
        self._time: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw all places; see :meth:`Environment.reset`."""
        counters = episodes.to(self.device)[:, None] * (2 * self.schema.entities)
        counters = counters + torch.arange(2 * self.schema.entities, device=self.device)
        place = rearrange(uniform(keys(seed, "place"), counters), "batch (entity xy) -> batch entity xy", xy=2)
        self._time = torch.zeros(len(place), dtype=torch.int64, device=self.device)
        self.place, self.landmark = place[:, : self.schema.agents], place[:, self.schema.agents :]
        return self._fields()

    def step(self, action: Tensor) -> Transition:
        """Move; see :meth:`Environment.step`."""
        if self._time is None:
            raise RuntimeError("reset the environment before stepping it")
        running = self._time < self.settings.limit
        self._time = self._time + 1
        moved = (self.place + action.to(self.device)).clamp(0.0, 1.0)
        self.place = torch.where(running[:, None, None], moved, self.place)
        gap = (self.place[:, :, None] - self.landmark[:, None]).square().sum(-1).sqrt().amin(1)
        apart = (self.place[:, :, None] - self.place[:, None]).square().sum(-1).sqrt()
        bumps = (apart < self.settings.near).sum(2) - 1
        each = (-gap.mean(1, keepdim=True) - self.settings.bump * bumps).masked_fill(~running[:, None], 0.0)
        success = (gap < self.settings.near).all(1) & running
        truncated = self._time == self.settings.limit
        return Transition(each.mean(1), torch.zeros_like(running), truncated, success, self._fields(), each)

    def _fields(self) -> Fields:
        agents, entities, batch = self.schema.agents, self.schema.entities, len(self.place)
        place = torch.cat((self.place, self.landmark), 1)
        kind = one_hot((torch.arange(entities, device=self.device) >= agents).long(), 2)
        seen = torch.ones(batch, entities, entities, dtype=torch.bool, device=self.device)
        slot = torch.arange(agents, device=self.device)
        others = (slot[:, None] + slot[1:]) % agents
        rest = torch.cat((self.place[:, others], self.landmark[:, None].expand(-1, agents, -1, -1)), 2)
        away = rearrange(rest - self.place[:, :, None], "batch agent other xy -> batch agent (other xy)")
        return {
            "entities": torch.cat((kind.expand(batch, -1, -1), place), 2), "visible": seen[:, :agents], "sight": seen,
            "present": seen[:, 0], "active": seen[:, 0, :agents], "position": self.place.clone(),
            "task": torch.zeros(batch, dtype=torch.int64, device=self.device),
            "observation": torch.cat((self.place, away), 2),
            "state": rearrange(place, "batch entity xy -> batch (entity xy)"),
        }
