"""Group Matching, batched: any number of episodes advance in a handful of tensor operations."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding, one_hot

from compose.compiler.random import Seeds, bits, integers, keys, uniform
from compose.envs.group_matching import dynamics
from compose.envs.group_matching.family import Settings
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema

ACTIONS = 3


class GroupMatching(Environment):
    """Agents on a ring gather by group.

    An episode ends when all groups have formed (success), or is truncated at the limit. Ending exactly at the limit
    counts as a truncation even if the groups have formed in that step, as in the released code. What is already formed
    when the episode begins earns nothing, and an episode takes at least one step.
    """

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema = schema
        self.settings = settings
        self.device = torch.device(device)
        self._cells = torch.eye(settings.cells, schema.sizes["feature"], device=self.device)
        self._agent = torch.arange(settings.agents, device=self.device)
        self._counters: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw groups and cells; see :meth:`Environment.reset`."""
        agents, limit = self.settings.agents, self.settings.limit
        episodes = episodes.to(self.device, torch.int64)
        per_agent = episodes[:, None] * agents + self._agent
        self._counters = episodes[:, None] * (limit * agents) + self._agent
        self._slip, self._noise = keys(seed, "slip"), keys(seed, "noise")
        cell = integers(keys(seed, "cell"), per_agent, self.settings.cells)
        return self.begin(self._groups(episodes, per_agent, seed), cell)

    def begin(self, member: Tensor, cell: Tensor) -> Fields:
        """Start from given groups (batch group agent) and cells (batch agent): the reset without its random draws."""
        self._time, self._member, self._cell = 0, member, cell
        self._representative = dynamics.representative(member)
        self._matches = dynamics.matches(cell, member, self._representative)
        self._running = torch.ones(len(cell), dtype=torch.bool, device=self.device)
        self._fixed_part, self._constant = self._unchanging(len(cell))
        return self._fields()

    def step(self, action: Tensor) -> Transition:
        """Move every agent; see :meth:`Environment.step`."""
        if self._counters is None:
            raise RuntimeError("reset the environment before stepping it")
        counters = self._counters + self._time * self.settings.agents
        slip = uniform(self._slip, counters) < self.settings.slip
        noise = integers(self._noise, counters, ACTIONS)
        return self.advance(dynamics.move(self._cell, action.to(self.device), slip, noise, self.settings.cells))

    def advance(self, moved: Tensor) -> Transition:
        """Put the agents of running episodes into the cells ``moved`` (batch agent): the step without its draws."""
        self._time += 1
        running, at_limit = self._running, self._time >= self.settings.limit
        self._cell = torch.where(running[:, None], moved, self._cell)
        matches = dynamics.matches(self._cell, self._member, self._representative)
        reward = dynamics.reward(matches - self._matches) * running
        solved = (matches == self.settings.groups) & running
        never = torch.zeros_like(solved)
        self._matches, self._running = matches, never if at_limit else running & ~solved
        return Transition(
            reward=reward,
            terminated=never if at_limit else solved,
            truncated=running if at_limit else never,
            success=solved,
            fields=self._fields(),
        )

    def _groups(self, episodes: Tensor, per_agent: Tensor, seed: Seeds) -> Tensor:
        """(batch group agent) bool."""
        agents, groups = self.settings.agents, self.settings.groups
        border = torch.arange(groups - 1, device=self.device)
        if self.settings.fixed:
            cuts = ((border + 1) * (agents // groups)).expand(len(episodes), -1)
            return dynamics.slices(self._agent.expand(len(episodes), -1), cuts)
        rank = bits(keys(seed, "order"), per_agent).argsort(dim=1, stable=True)
        cuts = integers(keys(seed, "cut"), episodes[:, None] * (groups - 1) + border, agents)
        return dynamics.slices(rank, cuts)

    def _unchanging(self, batch: int) -> tuple[Tensor, Fields]:
        """The part of ``entities`` that holds group and id (zero where the cell goes), and the constant fields."""
        agents, sizes = self.settings.agents, self.schema.sizes
        identity = one_hot(self._agent, agents).expand(batch, -1, -1)
        cell = identity.new_zeros(batch, agents, self.settings.cells)
        entities = torch.cat((cell, self._member.transpose(1, 2), identity), 2).float()
        yes = torch.ones((), dtype=torch.bool, device=self.device)
        return entities, {
            "visible": yes.expand(batch, agents, agents),
            "sight": yes.expand(batch, agents, agents),
            "present": yes.expand(batch, agents),
            "available": yes.expand(batch, agents, sizes["action"]),
            "active": yes.expand(batch, agents),
            "truth_groups": dynamics.truth_groups(self._member),
            "task": torch.zeros((), dtype=torch.int64, device=self.device).expand(batch),
        }

    def _fields(self) -> Fields:
        return {"entities": self._fixed_part + embedding(self._cell, self._cells), **self._constant}
