"""A tiny environment that keeps every promise, and in which everything that the conformance kit looks at occurs."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields
from compose.kernels.random import Seeds, integers, keys, uniform

AGENTS, TARGETS, LIMIT, ENERGY, HEALTH = 3, 2, 8, 2, 3
SLOTS = AGENTS + TARGETS
REST, WAIT, HIT = 0, 1, 2

SCHEMA = EntitySchema(
    name="honest",
    summary="Two or three agents knock over two targets; a hit takes energy, and who has none left is out.",
    agents=AGENTS, entities=SLOTS, fewest_agents=2,
    types=(EntityType(name="fighter", side="agent", min=2, max=AGENTS),
           EntityType(name="target", side="other", min=TARGETS, max=TARGETS)),
    features=(Feature(name="side", size=2, kind="one_hot"), Feature(name="energy", size=1, kind="float", of=("agent",)),
              Feature(name="health", size=HEALTH, kind="bits", of=("other",))),
    actions=(ActionGroup(name="rest", count=1), ActionGroup(name="wait", count=1),
             ActionGroup(name="hit", count=TARGETS, targets="other")),
    limit=LIMIT, truncates=True, returns=(0.0, float(TARGETS * HEALTH)), tasks=("two", "three"),
    reward="sum", fields=standard_fields("action_entity", "agent_id", "rewards"),
)  # fmt: skip


class Honest(Environment):
    """A hit lands with probability 0.7 and is worth 1; rest gives energy back; success is that no target stands."""

    code: ClassVar[str] = ""
    """The code by which a liar is caught."""
    companions: ClassVar[tuple[str, ...]] = ()
    """Codes that follow from the same lie."""

    kept = ("episodes", "task", "present", "energy", "health", "time", "running")

    def __init__(self, schema: EntitySchema = SCHEMA, device: str | torch.device = "cpu") -> None:
        self.schema, self.device = schema, torch.device(device)
        self.running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        self.episodes, self.hits = episodes, keys(seed, "hit")
        self.task = self.draw_task(episodes, seed)
        self.present = (torch.arange(SLOTS) != AGENTS - 1) | (self.task == 1)[:, None]
        self.energy = 1 + integers(keys(seed, "energy"), self.counters(), ENERGY)
        self.energy *= self.present[:, :AGENTS]
        self.health = torch.full((len(episodes), TARGETS), HEALTH)
        self.time, self.running = torch.zeros_like(episodes), torch.ones(len(episodes), dtype=torch.bool)
        return self.fields()

    def draw_task(self, episodes: Tensor, seed: Seeds) -> Tensor:
        return integers(keys(seed, "task"), episodes[:, None], 2)[:, 0]

    def counters(self) -> Tensor:
        return self.episodes[:, None] * AGENTS + torch.arange(AGENTS)

    def step(self, action: Tensor) -> Transition:
        if self.running is None:
            raise RuntimeError("reset the environment before stepping it")
        running, able = self.running, (self.energy > 0) & self.running[:, None]
        lands = uniform(self.hits, self.counters() * LIMIT + self.time[:, None]) < 0.7
        before = self.health
        struck = one_hot((action - HIT).clamp(min=0), TARGETS) * (able & lands & (action >= HIT))[..., None]
        first = struck.cumsum(1) <= before[:, None]  # who comes too late for a target earns nothing
        each = (struck * first).sum(2).float()
        self.health = before - torch.minimum(struck.sum(1), before)
        self.energy = self.energy - (able & (action >= HIT)).long() + (able & (action == REST)).long()
        self.energy = self.energy.clamp(max=ENERGY)
        self.time = self.time + 1
        success = (self.health == 0).all(1) & running
        late = running & ~success & (self.time >= LIMIT)
        self.running = running & ~success & ~late
        return Transition(each.sum(1), success, late, success.clone(), self.fields(), each)

    def fields(self) -> Fields:
        batch = len(self.present)
        here, able = self.present[:, :AGENTS], self.energy > 0
        aims = torch.zeros(4, SLOTS, dtype=torch.bool)
        aims[HIT:, AGENTS:] = torch.eye(TARGETS, dtype=torch.bool)
        sight = self.present[:, :, None] & self.present[:, None]
        side = one_hot((torch.arange(SLOTS) >= AGENTS).long(), 2) * self.present[..., None]
        entities = torch.zeros(batch, SLOTS, 3 + HEALTH)
        entities[..., :2] = side
        entities[:, :AGENTS, 2] = self.energy / ENERGY
        entities[:, AGENTS:, 3:] = (torch.arange(HEALTH) < self.health[..., None]).float()
        return {
            "entities": entities, "visible": sight[:, :AGENTS].clone(), "sight": sight, "present": self.present.clone(),
            "available": torch.cat((torch.ones(batch, AGENTS, 2, dtype=torch.bool),
                                    able[..., None] & (self.health > 0)[:, None]), 2),
            "active": here & able, "task": self.task.clone(), "action_entity": aims.expand(batch, -1, -1),
            "agent_id": torch.eye(AGENTS),
        }
