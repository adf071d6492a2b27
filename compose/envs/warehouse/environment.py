"""Warehouse, batched: robots act one after the other, in an order that is drawn anew in every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compose.envs.interface import Environment, Fields, Transition
from compose.envs.warehouse import dynamics
from compose.envs.warehouse.dynamics import ACTIONS, DELIVER
from compose.envs.warehouse.floor import ODD, STATION
from compose.envs.warehouse.settings import Settings
from compose.envs.warehouse.view import View
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, integers, keys

if TYPE_CHECKING:
    from compose.envs.warehouse.camera import FloorCamera


class Warehouse(Environment):
    """Robots with orders of their own share a floor.

    Episodes last until the limit, which truncates them. ``success`` is True in every step in which an order is
    completed, so that an episode is one if any is. ``cell`` (batch agent) and ``open`` (batch agent type) are what
    there is to know; ``completed`` (batch) counts orders.
    """

    kept = ("_counters", "_time", "cell", "open", "completed")

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema, self.settings, self.device = schema, settings, torch.device(device)
        floor = settings.floor
        self._cells = len(floor.kinds)
        leads, tries = dynamics.ways(floor, ODD.get(settings.plan) if settings.official else None)
        self._leads, self._tries = leads.flatten().to(self.device), tries.flatten().to(self.device)
        self._stations = torch.tensor(floor.of(STATION), device=self.device)
        own = torch.arange(self._cells)[:, None]
        self._view = View(floor, leads != own, schema.agents, self.device)
        self._counters: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw stations and orders; see :meth:`Environment.reset`."""
        agents, limit = self.schema.agents, self.schema.limit
        episodes = episodes.to(self.device, torch.int64)[:, None]
        slot = torch.arange(agents, device=self.device)
        self._counters = episodes * ((limit + 1) * agents) + slot
        self._turn, self._order = keys(seed, "turn"), keys(seed, "order")
        cell = self._stations[integers(keys(seed, "start"), episodes * agents + slot, len(self._stations))]
        return self.begin(cell, dynamics.orders(self._order, self._counters))

    def begin(self, cell: Tensor, open: Tensor) -> Fields:
        """The reset without its random draws: from given cells (batch agent) and orders (batch agent type)."""
        self.cell, self.open = cell, open
        self._time, self.completed = torch.zeros(2, len(cell), dtype=torch.int64, device=self.device)
        return self._view.fields(cell, open)

    def step(self, action: Tensor) -> Transition:
        """Let every robot act once; see :meth:`Environment.step`."""
        if self._counters is None:
            raise RuntimeError("reset the environment before stepping it")
        counters = self._counters + self._time[:, None] * self.schema.agents
        orders = dynamics.orders(self._order, counters + self.schema.agents)
        return self.advance(action.to(self.device), bits(self._turn, counters), orders)

    def advance(self, action: Tensor, turn: Tensor, orders: Tensor) -> Transition:
        """The step of given draws.

        Args:
            action: (batch agent).
            turn: (batch agent) int64: robots act from the smallest to the largest.
            orders: (batch agent type): what those get that complete one.
        """
        running = self._time < self.settings.limit
        self._time, runs = self._time + 1, running[:, None]
        act = self.cell * ACTIONS + action
        open, gave, done = dynamics.deliver(self.open, self._view.kind[self.cell], (action == DELIVER) & runs)
        moved = dynamics.move(self.cell, self._leads[act], turn, self._cells)
        blocked = self._tries[act] & (moved == self.cell) & runs
        self.cell = torch.where(runs, moved, self.cell)
        self.open = torch.where(done[..., None], orders, open)
        self.completed = self.completed + done.sum(1)
        each = dynamics.reward(gave[..., None], done[..., None], blocked[..., None]) * runs
        return Transition(reward=dynamics.reward(gave, done, blocked) * running, terminated=torch.zeros_like(running),
                          truncated=self._time == self.settings.limit, success=done.any(1),
                          fields=self._view.fields(self.cell, self.open), rewards=each)

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """How many orders were completed, the paper's domain value."""
        return {"orders": self.completed}

    def camera(self) -> FloorCamera:
        """Looks at the first warehouse."""
        from compose.envs.warehouse.camera import FloorCamera

        return FloorCamera(self)
