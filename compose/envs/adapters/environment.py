"""Any adapted game as a batched environment."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compose.envs.adapters.declared import Adapter, Answers
from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Actions, Games, Moment
from compose.envs.adapters.reading import Flags, Floats, Given, Layout, Reader
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, key

SEEDS = 2**31
"""Environments are seeded with numbers below this."""


class Adapted(Environment):
    """Episodes of another API's environment.

    Episode n under seed s is begun with one number that depends on both alone; whether that decides the whole episode
    is the environment's business. Agents that end before the others stay present, are not active, see only
    themselves, and have the one action 0, which is never sent. Entities are laid out as an :class:`Adapter` says;
    without rows, games give them.
    """

    def __init__(self, schema: EntitySchema, adapter: Answers, games: Games, device: str | torch.device) -> None:
        self.schema = schema
        self.device = torch.device(device)
        self._adapter, self._games = adapter, games
        self._reader = Reader(adapter, schema, games.told)
        self._layout = Layout(adapter, schema) if isinstance(adapter, Adapter) else Given(schema)
        self._aimed = _aimed(schema)
        self._running: Flags | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin the episodes; see :meth:`Environment.reset`."""
        numbers = episodes.tolist()
        seeds = [seed] * len(numbers) if isinstance(seed, int) else list(seed)
        moments = self._games.reset([key(s, "episode", n) % SEEDS for s, n in zip(seeds, numbers, strict=True)])
        batch, schema = len(moments), self.schema
        self._time = 0
        self._running = np.ones(batch, bool)
        self._observation = np.zeros((batch, schema.agents, self._adapter.observation.size), np.float32)
        self._available = np.zeros((batch, schema.agents, schema.sizes.get("action", 0)), bool)
        self._active = np.zeros((batch, schema.agents), bool)
        self._present = np.ones((batch, schema.entities), bool)
        self._present[:, : schema.agents] = False
        self._state = np.zeros((batch, schema.sizes.get("state", 0)), np.float32)
        self._layout.begin(batch)
        for row, moment in enumerate(moments):
            self._take(row, moment, np.array(moment.live))
            here, fewest = int(self._active[row].sum()), schema.present_range("agent")[0]
            if here < fewest:
                raise failed("adapter.agents", schema.name, f"an episode begins with {here} agents, but the schema "
                             f"says at least {fewest}", "say fewest_agents")
        return self._fields()

    def step(self, action: Tensor) -> Transition:
        """Step every copy; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        running = self._running
        self._time += 1
        moments = self._games.step(self._given(action), running)
        reward = np.zeros(len(running), np.float32)
        rewards = np.zeros((len(running), self.schema.agents), np.float32)
        ended, cut, reached = (np.zeros(len(running), bool) for _ in range(3))
        for row, moment in enumerate(moments):
            if moment is None:
                continue
            cut_off = self._active[row].copy()
            if self._adapter.at_limit == "told" or self._time < self.schema.limit:
                cut_off &= np.array(moment.truncated) & ~np.array(moment.terminated)
            self._take(row, moment, cut_off if moment.over else np.array(moment.live))
            reward[row] = self._reader.reward(moment, int(self._present[row, : self.schema.agents].sum()))
            rewards[row] = moment.rewards if moment.rewards is not None else 0
            reached[row] = self._reader.success(moment)
            cut[row] = cut_off.any() if moment.over else self._time >= self.schema.limit
            ended[row] = moment.over and not cut[row]
        if not self.schema.truncates:
            ended, cut = ended | cut, np.zeros_like(cut)
        self._running = running & ~(ended | cut)
        put = self._put
        return Transition(reward=put(reward), terminated=put(ended), truncated=put(cut), success=put(reached),
                          fields=self._fields(), rewards=put(rewards) if "rewards" in self.schema.fields else None)

    def _given(self, action: Tensor) -> Actions:
        """What games are given; numbers of agents that do not act are 0."""
        if not self.schema.continuous:
            return action.cpu().numpy().astype(np.int64)
        numbers: Floats = np.where(self._active[..., None], action.cpu().numpy().astype(np.float32), np.float32(0))
        return numbers

    def _take(self, row: int, moment: Moment, active: Flags) -> None:
        """Note what a moment tells; ``active`` are those who act next, or would if they had not been cut off."""
        observed = np.array([given is not None for given in moment.observation])
        if (active & ~observed).any():
            who = int(np.argmax(active & ~observed))
            raise failed("adapter.observation", self.schema.name, f"agent {who} acts, but got no observation")
        self._active[row] = active
        self._present[row, : self.schema.agents] |= active
        self._observation[row] = self._reader.observations(moment) * active[:, None]
        self._available[row] = self._reader.available(moment, active)
        self._layout.take(row, moment)
        if moment.state is not None:
            self._state[row] = moment.state
        elif self._adapter.state == "joined":
            self._state[row] = self._observation[row].ravel()

    def _fields(self) -> Fields:
        """Fresh tensors of what the episodes are like now."""
        schema, active, present = self.schema, self._active, self._present
        visible = self._layout.visible(self._observation, active, present)
        state: Floats | None = self._state if self._adapter.state == "method" else None
        there = present.copy()
        there[:, : schema.agents] &= active
        sight = there[:, :, None] & there[:, None, :]
        sight[:, : schema.agents] = visible
        fields = {
            "entities": self._layout.entities(self._observation, state, active, visible),
            "visible": visible, "sight": sight, "present": present, "active": active,
            "task": np.zeros(len(active), np.int64),
            "observation": self._observation,
        }
        if not schema.continuous:
            fields["available"] = self._available
        if "state" in schema.fields:
            fields["state"] = self._state
        if (at := self._adapter.position) is not None:
            fields["position"] = self._observation[:, :, at : at + 2]
        tensors = {name: self._put(x) for name, x in fields.items()}
        if "action_entity" in schema.fields:
            tensors["action_entity"] = self._aimed.to(self.device).expand(len(active), -1, -1)
        return tensors

    def _put(self, x: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.array(x, copy=True, order="C")).to(self.device)


def _aimed(schema: EntitySchema) -> Tensor:
    """(action entity) bool: the k-th action of a group that is aimed at a side is aimed at the side's k-th slot."""
    aimed, action = torch.zeros(schema.sizes.get("action", 0), schema.entities, dtype=torch.bool), 0
    for group in schema.actions if not schema.continuous else ():
        first = {"agent": 0, "other": schema.agents, None: None}[group.targets]
        if first is not None:
            k = torch.arange(group.count)
            aimed[action + k, first + k] = True
        action += group.count
    return aimed
