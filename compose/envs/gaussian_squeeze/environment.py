"""Gaussian Squeeze, batched: one joint action, one reward, no randomness (Holmes-Parker et al. 2014; Phan et al. 2021).

With ``s`` the sum of all actions, the team reward is ``s exp(-((s - mu) / sigma)^2)``. It is computed in float32, as in
the released code of VAST: at 800 agents it is exactly 0 for ``s >= 2440``, where the exponential underflows. (That code
adds up N shares of ``reward / N``, which changes the last bits.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.gaussian_squeeze.settings import Settings
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds


class GaussianSqueeze(Environment):
    """All agents allocate once; the episode then truly ends. It has no goal to reach: ``success`` stays False."""

    kept = ("_running",)

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema = schema
        self.settings = settings
        self.device = torch.device(device)
        self._id = torch.eye(settings.agents, device=self.device)
        self._state = torch.zeros(settings.agents, device=self.device)
        self._running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """All episodes are alike; see :meth:`Environment.reset`."""
        self._running = torch.ones(episodes.shape[0], dtype=torch.bool, device=self.device)
        return self._fields(episodes.shape[0])

    def step(self, action: Tensor) -> Transition:
        """Sum up what was allocated; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        running, batch = self._running, action.shape[0]
        never = torch.zeros_like(running)
        reward = self.value(action.to(self.device).sum(1))
        self._running = never
        return Transition(reward=reward * running, terminated=running, truncated=never, success=never,
                          fields=self._fields(batch))

    def value(self, total: Tensor) -> Tensor:
        """``s exp(-((s - mu) / sigma)^2)`` of the sums ``s`` (batch), float32."""
        total = total.float()
        return total * torch.exp(-(((total - self.settings.mu) / self.settings.sigma) ** 2))

    def _fields(self, batch: int) -> Fields:
        agents = self.settings.agents
        yes = torch.ones((), dtype=torch.bool, device=self.device)
        return {
            "entities": self._id.expand(batch, -1, -1),
            "visible": yes.expand(batch, agents, agents),
            "sight": yes.expand(batch, agents, agents),
            "present": yes.expand(batch, agents),
            "available": yes.expand(batch, agents, self.settings.units),
            "active": yes.expand(batch, agents),
            "task": torch.zeros((), dtype=torch.int64, device=self.device).expand(batch),
            "agent_id": self._id,
            "observation": self._id,
            "state": self._state,
        }
