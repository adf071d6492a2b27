"""Battle, batched: the learning agents act one after the other, then the opponents do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compose.envs.battle.dynamics import RELEASED, TENTHS, Army, Chance, Grid
from compose.envs.battle.settings import Settings
from compose.envs.battle.view import View
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, keys, uniform

if TYPE_CHECKING:
    from compose.envs.battle.camera import GridCamera


class Battle(Environment):
    """Agents against opponents that walk to whomever they see and hit whoever shares their cell.

    An episode ends when an army is dead; success is that it is the opponents'. At the limit it is truncated. All
    battles begin alike. ``mine`` and ``theirs`` are what there is to know. Battles that have ended cost nothing.
    """

    kept = ("_counters", "_time", "_running", "mine", "theirs", "_fields")

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema, self.settings, self.device = schema, settings, torch.device(device)
        scale, (width, height) = RELEASED if settings.official else TENTHS, settings.size
        self.grid = Grid(width, height, scale, self.device)
        self._start = [torch.tensor([x * height + y for x, y in army], device=self.device) for army in settings.armies]
        self._view = View(width, height, schema.agents, schema.others, scale, self.device)
        self._running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Put the armies into their formations; see :meth:`Environment.reset`."""
        batch, schema, scale = len(episodes), self.schema, self.grid.scale
        self._running = torch.ones(batch, dtype=torch.bool, device=self.device)
        self._time = torch.zeros(batch, dtype=torch.int64, device=self.device)
        self.mine, self.theirs = (Army(cell.expand(batch, -1), torch.full(
            (batch, len(cell)), scale.full, dtype=scale.dtype, device=self.device)) for cell in self._start)
        self._turn, self._choice = keys(seed, "turn"), keys(seed, "choice")
        slot = torch.arange(schema.entities, device=self.device)
        self._counters = episodes.to(self.device, torch.int64)[:, None] * (schema.limit * schema.entities) + slot
        self._fields = self._view.fields(self.mine, self.theirs)
        return dict(self._fields)

    def step(self, action: Tensor) -> Transition:
        """Let everybody act once; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        counters, agents = self._counters + self._time[:, None] * self.schema.entities, self.schema.agents
        choice = uniform(self._choice, counters)  # one a unit will do: who hits does not walk
        return self.advance(action.to(self.device), Chance(
            turn=bits(self._turn, counters[:, :agents]), aim=choice[:, :agents],
            aimed=choice[:, agents:], move=choice[:, agents:]))  # fmt: skip

    def advance(self, action: Tensor, chance: Chance) -> Transition:
        """The step of given draws."""
        assert self._running is not None
        self._time = self._time + 1
        running, reward = self._running, torch.zeros(len(action), device=self.device)
        if bool(running.any()):
            rows = running.nonzero()[:, 0]
            reward[rows] = self._act(rows, action[rows], Chance(*(x[rows] for x in chance)))
        won = running & ~(self.theirs.health > 0).any(1)
        over = won | (running & ~(self.mine.health > 0).any(1))
        cut = running & ~over & (self._time >= self.settings.limit)
        self._running = running & ~over & ~cut
        return Transition(reward=reward, terminated=over, truncated=cut, success=won, fields=dict(self._fields))

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """How many opponents and agents were killed; the paper's domain value is the difference."""
        lost, killed = ((army.health <= 0).sum(1) for army in (self.mine, self.theirs))
        return {"killed": killed, "lost": lost}

    def camera(self) -> GridCamera:
        """Looks at the first battle."""
        from compose.envs.battle.camera import GridCamera

        return GridCamera(self)

    def _act(self, rows: Tensor, action: Tensor, chance: Chance) -> Tensor:
        """Some battles go on, and their rewards."""
        mine, theirs = (Army(*(x[rows] for x in army)) for army in (self.mine, self.theirs))
        mine, theirs, reward = self.grid.step(mine, theirs, action, chance)
        self.mine, self.theirs = (Army(*(x.index_copy(0, rows, y) for x, y in zip(army, new, strict=True)))
                                  for army, new in ((self.mine, mine), (self.theirs, theirs)))
        self._renew(rows, self._view.fields(mine, theirs))
        return reward

    def _renew(self, rows: Tensor, fields: Fields) -> None:
        """Some rows of the fields are new, and the tensors fresh."""
        assert self._running is not None
        if len(rows) == len(self._running):
            self._fields = fields
            return
        for name in self._view.changing:
            self._fields[name] = self._fields[name].index_copy(0, rows, fields[name])
        self._fields["visible"] = self._fields["sight"][:, : self.schema.agents]
