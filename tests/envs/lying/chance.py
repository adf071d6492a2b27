"""Lies about where chance comes from."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

import torch
from torch import Tensor

from compose.envs.interface import Fields, Transition
from compose.kernels.random import Seeds, integers, key
from tests.envs.lying.honest import AGENTS, Honest


class Moody(Honest):
    """Is another one every time it is made."""

    code = "env.determinism"
    _made: ClassVar = count()

    def __init__(self) -> None:
        super().__init__()
        self.mood = next(self._made)

    def draw_task(self, episodes: Tensor, seed: Seeds) -> Tensor:
        return super().draw_task(episodes + self.mood, seed)


class Remembers(Honest):
    """Begins with what the last episodes left."""

    code = "env.reset"
    left = 0

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        super().reset(episodes, seed)
        self.energy += self.left * self.present[:, :AGENTS]
        return self.fields()

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        self.left = int(bool(after.success.any()) or self.left)
        return after


class ByPlace(Honest):
    """Draws by the place in the batch, not by the episode's number."""

    code = "env.batch"

    def draw_task(self, episodes: Tensor, seed: Seeds) -> Tensor:
        return super().draw_task(torch.arange(len(episodes)) + episodes[0], seed)

    def counters(self) -> Tensor:
        return torch.arange(len(self.episodes))[:, None] * AGENTS + torch.arange(AGENTS)


class BySize(Honest):
    """Draws as many numbers as there are episodes, from one stream."""

    code = "env.batch"

    def draw_task(self, episodes: Tensor, seed: Seeds) -> Tensor:
        return integers(key(0, "task", len(episodes)), episodes[:, None], 2)[:, 0]


class OneSeed(Honest):
    """Takes the first seed for all."""

    code = "env.row_seeds"

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        return super().reset(episodes, seed if isinstance(seed, int) else seed[0])


class Forgets(Honest):
    """Does not say that energy is kept: an episode that begins beside others finds what the last one left."""

    code = "env.restart"
    kept = tuple(name for name in Honest.kept if name != "energy")


class Deaf(Honest):
    """Ignores the seed."""

    code = "env.seed"

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        return super().reset(episodes, 0)


class Groundhog(Honest):
    """Plays one episode again and again."""

    code = "env.episode"
    companions = ("env.task_missing",)  # it has one task

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        return super().reset(torch.zeros_like(episodes), seed)


class Sower(Honest):
    """Seeds the random numbers of everybody."""

    code = "env.global_rng"

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        torch.manual_seed(7)
        return super().reset(episodes, seed)


class Undead(Honest):
    """Lets exhausted agents rest, though they are not active."""

    code = "env.inactive_acts"

    def step(self, action: Tensor) -> Transition:
        rests = (action == 0) & (self.energy == 0) if self.running is not None else None
        after = super().step(action)
        assert rests is not None
        assert self.running is not None
        self.energy += rests * self.running[:, None] * self.present[:, :AGENTS]
        return Transition(after.reward, after.terminated, after.truncated, after.success, self.fields(),
                          after.rewards)
