"""How episodes begin: who is there, how strong, and where."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from compose.envs.prey.settings import Settings
from compose.kernels.random import Seeds, bits, integers, keys


@dataclass(frozen=True)
class Start:
    """The random draws of a reset. Entities are predators, preys, landmarks."""

    place: Tensor
    """(batch entity) int64: row * size + column, -1 for empty slots."""
    capability: Tensor
    """(batch entity) int64: how strong the predator is, how strong the prey's captors must be; else 0."""
    tag: Tensor
    """(batch agent) int64 in 0 .. agents - 1, distinct; whatever for empty slots."""
    task: Tensor
    """(batch) int64."""


def draw(settings: Settings, episodes: Tensor, seed: Seeds) -> Start:
    """The start of each episode, as a function of its number and the seed."""
    numbers, slots, device = settings.numbers, settings.slots, episodes.device
    pairs = torch.tensor([(agents, preys) for agents in numbers[0] for preys in numbers[1]], device=device)
    task = integers(keys(seed, "task"), episodes[:, None], len(pairs))[:, 0]
    choice = integers(keys(seed, "landmarks"), episodes[:, None], len(numbers[2]))
    counts = torch.cat((pairs[task], torch.tensor(numbers[2], device=device)[choice]), 1)
    present = torch.cat([torch.arange(most, device=device) < counts[:, i, None] for i, most in enumerate(slots)], 1)
    place = shuffled(seed, "place", episodes, settings.size**2)[:, : sum(slots)]
    capability = torch.zeros_like(place)
    capability[:, : sum(slots[:2])] = _capabilities(settings, episodes, seed, present)
    tag = shuffled(seed, "tag", episodes, slots[0])
    return Start(place.where(present, -1), capability.where(present, 0), tag, task)


def shuffled(seed: Seeds, stream: str, episodes: Tensor, count: int) -> Tensor:
    """(batch count) int64: 0 .. count - 1 in random order."""
    numbers = torch.arange(count, device=episodes.device)
    return bits(keys(seed, stream), episodes[:, None] * count + numbers).argsort(1)


def _capabilities(settings: Settings, episodes: Tensor, seed: Seeds, present: Tensor) -> Tensor:
    """Of predators and preys [batch slot], drawn without replacement; what it says of empty slots means nothing."""
    agents, preys, _ = settings.slots
    pools, batch, device = settings.pools, len(episodes), episodes.device
    of_agents, of_preys = torch.tensor(pools.agents, device=device), torch.tensor(pools.preys, device=device)
    strength = of_agents[shuffled(seed, "strength", episodes, len(of_agents))]
    strength = torch.cat((strength, strength.new_zeros(batch, agents)), 1)[:, :agents]
    given = int(pools.first is not None)
    strongest = strength[:, : agents - given].where(present[:, given:agents], 1)
    strongest = torch.cat((strongest, strength.new_ones(batch, 1)), 1).amax(1)
    pool = of_preys[(strongest - 1).clamp(max=len(of_preys) - 1)]
    need = pool.gather(1, shuffled(seed, "need", episodes, pool.shape[1]))
    need = torch.cat((need, need.new_zeros(batch, preys)), 1)[:, :preys]
    if pools.first is None:
        return torch.cat((strength, need), 1)
    first = [strength.new_full((batch, 1), value) for value in pools.first]
    return torch.cat((first[0], strength[:, : agents - 1], first[1], need[:, : preys - 1]), 1)
