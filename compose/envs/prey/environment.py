"""Predator-prey, batched: entities take turns, episodes side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compose.envs.interface import Environment, Fields, Script, Transition
from compose.envs.prey import dynamics
from compose.envs.prey.flat import flat
from compose.envs.prey.scripts import nearest
from compose.envs.prey.settings import Settings
from compose.envs.prey.start import Start, draw
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, integers, keys

if TYPE_CHECKING:
    from compose.envs.prey.camera import GridCamera

KINDS = 3
"""Of entities."""
MOVES = 5
"""Of a prey."""


class PredatorPrey(Environment):
    """Predators capture preys by striking them from neighbouring cells at the same time.

    An episode ends when all preys are captured (success), or is truncated at the limit. Ending exactly at the limit
    counts as a truncation even if the last prey is captured in that step, as in the released code. A capture earns 1.
    Captured preys stay present: they see themselves, and nobody else sees them.
    """

    kept = ("_counters", "_time", "_present", "landmark", "agent", "prey", "_grid", "_strength", "_need", "_running",
            "_constant", "_entities")

    def __init__(self, schema: EntitySchema, settings: Settings, device: str | torch.device = "cpu") -> None:
        self.schema, self.settings, self.device = schema, settings, torch.device(device)
        self.map = dynamics.Map(settings.size)
        self._slots = settings.slots
        self._steps = self.map.steps(self.device)
        self._near = dynamics.near(self.map, settings.sight, self.device)
        place = torch.arange(settings.size**2, device=self.device)
        self._place = torch.zeros(self.map.cells, dtype=torch.int64, device=self.device)
        self._place[self.map.cell(place)] = place
        self._prey = torch.arange(self._slots[1], device=self.device)
        moving, feature = torch.arange(sum(self._slots[:2]), device=self.device), schema.sizes["feature"]
        self._first = moving * feature + KINDS + self._slots[0]
        """Where the cells of predators and preys begin among all features of an episode."""
        self._counters: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw who is there, how strong and where; see :meth:`Environment.reset`."""
        episodes = episodes.to(self.device, torch.int64)
        self._counters = episodes[:, None] * (self.settings.limit * self._slots[1]) + self._prey
        self._flight = keys(seed, "flight")
        return self.begin(draw(self.settings, episodes, seed))

    def begin(self, start: Start) -> Fields:
        """The reset without its random draws."""
        cells = self.map.cell(start.place)
        agent, prey, landmark = torch.split(cells, list(self._slots), 1)
        agents, preys, _ = self._slots
        self._time, self._present, self.landmark = torch.zeros_like(start.task), start.place >= 0, landmark
        self.agent, self.prey = agent.contiguous(), prey.contiguous()
        self._grid = dynamics.chart(self.map, agent, prey, landmark)
        self._strength = start.capability[:, :agents].to(torch.uint8)
        self._need = start.capability[:, agents : agents + preys].contiguous()
        self._running = torch.ones(len(cells), dtype=torch.bool, device=self.device)
        self._constant: Fields = {"present": self._present, "active": self._present[:, :agents], "task": start.task}
        self._entities = self._unchanging(start)
        return self._fields()

    def step(self, action: Tensor) -> Transition:
        """Let predators act and preys flee; see :meth:`Environment.step`."""
        if self._counters is None:
            raise RuntimeError("reset the environment before stepping it")
        counters = self._counters + self._time[:, None] * self._slots[1]
        return self.advance(action.to(self.device), integers(self._flight, counters, MOVES))

    def advance(self, action: Tensor, flight: Tensor) -> Transition:
        """The step without its draws: ``flight`` (batch prey) is where preys flee to that are not captured, as actions.
        """
        self._time = self._time + 1
        running, at_limit = self._running, self._time >= self.settings.limit
        action, flight = action * running[:, None], flight * running[:, None]
        self.action = action
        grid, agent = dynamics.walk(self._grid, self.agent, action, self._steps)
        struck = dynamics.strike(grid, agent, action, self._strength, self.prey, self._steps)
        caught = (struck >= self._need) & (self.prey != self.map.nowhere)
        self._grid, self.prey = dynamics.flee(grid, self.prey, caught, flight, self._steps, self.map.nowhere)
        self.agent = agent
        solved = (self.prey == self.map.nowhere).all(1) & running
        self._running = running & ~solved & ~at_limit
        return Transition(
            reward=caught.sum(1).float(),
            terminated=solved & ~at_limit,
            truncated=running & at_limit,
            success=solved,
            fields=self._fields(),
        )

    @property
    def scripts(self) -> Mapping[str, Script]:
        """``nearest``: capture what is beside one, else walk to the nearest prey."""
        return {"nearest": lambda: nearest(self.map, self.agent, self.prey, self._available)}

    def camera(self) -> GridCamera:
        """Looks at predators and preys who walk from cell to cell."""
        from compose.envs.prey.camera import GridCamera

        return GridCamera(self)

    def _unchanging(self, start: Start) -> Tensor:
        """``entities`` without the cells and capabilities of predators and preys that are on the map."""
        (agents, preys, _), (batch, entities) = self._slots, start.place.shape
        kind = torch.arange(KINDS, device=self.device).repeat_interleave(torch.tensor(self._slots, device=self.device))
        fixed = torch.zeros(batch, entities, self.schema.sizes["feature"], device=self.device)
        fixed[:, torch.arange(entities, device=self.device), kind] = 1
        fixed[:, :agents].scatter_(2, KINDS + start.tag[..., None], 1)
        fixed[:, :, -1] = start.capability.float()
        landmark = slice(agents + preys, None)
        fixed[:, landmark].scatter_(2, KINDS + agents + start.place[:, landmark, None].clamp(min=0), 1)
        return fixed.mul_(self._present[..., None])

    def _fields(self) -> Fields:
        agents, preys, _ = self._slots
        moving = torch.cat((self.agent, self.prey), 1)
        here = (moving != self.map.nowhere).float()
        entities = self._entities.clone()
        entities.view(len(moving), -1).scatter_(1, self._first + self._place[moving], here)
        entities[:, agents : agents + preys, -1] *= here[:, agents:]
        cells = torch.cat((moving, self.landmark), 1)
        sight = dynamics.sees(self._near, cells, self._present)
        self._available = dynamics.available(self._grid, self.agent, self._steps)
        fields = {"entities": entities, "visible": sight[:, :agents], "sight": sight, "available": self._available,
                  **self._constant}  # fmt: skip
        if self.settings.flat:
            fields["state"], fields["observation"] = flat(self.map, cells, entities[..., -1], fields["visible"])
        return fields
