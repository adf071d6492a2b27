"""Group Matching, batched: any number of episodes advance in a handful of tensor operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import embedding, one_hot

from compose.envs.group_matching import dynamics
from compose.envs.group_matching.settings import Settings
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, integers, keys, uniform

if TYPE_CHECKING:
    from compose.envs.group_matching.camera import RingCamera

ACTIONS = 3


class GroupMatching(Environment):
    """Agents on a ring gather by group.

    An episode ends when all groups have formed (success), or is truncated at the limit. Ending exactly at the limit
    counts as a truncation even if the groups have formed in that step, as in the released code. What is already formed
    when the episode begins earns nothing, and an episode takes at least one step. Where tasks differ, agents that a
    task lacks are absent and groups that it lacks are empty.
    """

    kept = ("_counters", "_time", "_present", "_member", "_cell", "_representative", "_matches", "_running",
            "_fixed_part", "_constant")

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema = schema
        self.settings = settings
        self.device = torch.device(device)
        self._agents, self._most_groups = schema.agents, max(game.groups for game in settings.games)
        self._sizes = torch.tensor([(game.agents, game.groups) for game in settings.games], device=self.device)
        """How many agents and groups: (task 2)."""
        self._cells = torch.eye(settings.cells + 1, schema.sizes["feature"], device=self.device)
        self._cells[settings.cells] = 0  # where absent agents are
        self._agent = torch.arange(schema.agents, device=self.device)
        self._counters: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw tasks, groups and cells; see :meth:`Environment.reset`."""
        limit = self.settings.limit
        episodes = episodes.to(self.device, torch.int64)
        per_agent = episodes[:, None] * self._agents + self._agent
        self._counters = episodes[:, None] * (limit * self._agents) + self._agent
        self._slip, self._noise = keys(seed, "slip"), keys(seed, "noise")
        cell = integers(keys(seed, "cell"), per_agent, self.settings.cells)
        task = integers(keys(seed, "task"), episodes[:, None], len(self._sizes))[:, 0]
        return self.begin(self._groups(episodes, per_agent, task, seed), cell, task)

    def begin(self, member: Tensor, cell: Tensor, task: Tensor | None = None) -> Fields:
        """The reset without its random draws: from given groups, cells and tasks (the first, unless given).

        Args:
            member: (batch group agent) bool.
            cell: (batch agent) int64.
            task: (batch) int64.
        """
        task = cell.new_zeros(len(cell)) if task is None else task
        self._time, self._present = torch.zeros_like(task), self._agent < self._sizes[task, :1]
        self._member, self._cell = member & self._present[:, None], cell
        self._representative = dynamics.representative(self._member)
        self._matches = dynamics.matches(cell, self._member, self._representative)
        self._running = torch.ones(len(cell), dtype=torch.bool, device=self.device)
        self._fixed_part, self._constant = self._unchanging(task)
        return self._fields()

    def step(self, action: Tensor) -> Transition:
        """Move every agent; see :meth:`Environment.step`."""
        if self._counters is None:
            raise RuntimeError("reset the environment before stepping it")
        counters = self._counters + self._time[:, None] * self._agents
        slip = uniform(self._slip, counters) < self.settings.slip
        noise = integers(self._noise, counters, ACTIONS)
        return self.advance(dynamics.move(self._cell, action.to(self.device), slip, noise, self.settings.cells))

    def advance(self, moved: Tensor) -> Transition:
        """Put the agents of running episodes into the cells ``moved`` (batch agent): the step without its draws."""
        self._time = self._time + 1
        running, at_limit = self._running, self._time >= self.settings.limit
        self._cell = torch.where(running[:, None], moved, self._cell)
        matches = dynamics.matches(self._cell, self._member, self._representative)
        reward = dynamics.reward(matches - self._matches) * running
        solved = (matches == self._most_groups) & running
        self._matches, self._running = matches, running & ~solved & ~at_limit
        return Transition(
            reward=reward,
            terminated=solved & ~at_limit,
            truncated=running & at_limit,
            success=solved,
            fields=self._fields(),
        )

    def camera(self) -> RingCamera:
        """Looks at agents who walk from cell to cell."""
        from compose.envs.group_matching.camera import RingCamera

        return RingCamera(self)

    def _groups(self, episodes: Tensor, per_agent: Tensor, task: Tensor, seed: Seeds) -> Tensor:
        """(batch group agent) bool; what it says of absent agents means nothing."""
        agents, groups = self._sizes[task, :1], self._sizes[task, 1:]
        border = torch.arange(self._most_groups - 1, device=self.device)
        if self.settings.fixed:
            rank, cuts = self._agent.expand(len(episodes), -1), (border + 1) * (agents // groups)
        else:
            last = torch.iinfo(torch.int64).max
            order = bits(keys(seed, "order"), per_agent).masked_fill(self._agent >= agents, last)
            rank = order.argsort(dim=1, stable=True)
            cuts = integers(keys(seed, "cut"), episodes[:, None] * (self._most_groups - 1) + border, agents)
        return dynamics.slices(rank, cuts.where(border < groups - 1, self._agents))

    def _unchanging(self, task: Tensor) -> tuple[Tensor, Fields]:
        """The part of ``entities`` that holds group and id (zero where the cell goes), and the constant fields."""
        batch, agents, present = len(task), self._agents, self._present
        identity = one_hot(self._agent, agents) * present[..., None]
        cell = identity.new_zeros(batch, agents, self.settings.cells)
        group = rearrange(self._member, "batch group agent -> batch agent group")
        entities = torch.cat((cell, group, identity), 2).float()
        yes = torch.ones((), dtype=torch.bool, device=self.device)
        pairs = present[:, None] & present[..., None]
        return entities, {
            "visible": pairs,
            "sight": pairs,
            "present": present,
            "available": yes.expand(batch, agents, self.schema.sizes["action"]),
            "active": present,
            "truth_groups": dynamics.truth_groups(self._member) & pairs,
            "task": task,
        }

    def _fields(self) -> Fields:
        cell = self._cell.where(self._present, self.settings.cells)
        return {"entities": self._fixed_part + embedding(cell, self._cells), **self._constant}
