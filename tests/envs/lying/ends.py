"""Lies about how episodes end, and what they pay."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from compose.envs.interface import Fields, Transition
from tests.envs.lying.honest import LIMIT, Honest


class Generous(Honest):
    """Pays more than its schema says."""

    code = "env.returns"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        assert after.rewards is not None
        return replace(after, reward=after.reward * 3, rewards=after.rewards * 3)


class Withholds(Honest):
    """Pays the team less than its agents earn, though its schema says their sum."""

    code = "env.reward_sum"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, reward=after.reward / 2)


class PaysGhosts(Honest):
    """Pays agents that are absent; the sum is right."""

    code = "env.absent_reward"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        assert after.rewards is not None
        return replace(after, rewards=after.rewards.flip(1))


class Endless(Honest):
    """Goes on after its limit."""

    code = "env.limit"

    def step(self, action: Tensor) -> Transition:
        before = self.running
        after = super().step(action)
        assert before is not None
        self.running = before & ~after.terminated
        return replace(after, truncated=torch.zeros_like(before))


class TwoEnds(Honest):
    """Raises both flags when an episode is won."""

    code = "env.both_ends"
    companions = ("env.truncation",)  # before the limit

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, truncated=after.truncated | after.terminated)


class Final(Honest):
    """Calls the time limit a true end, though its schema says truncates."""

    code = "env.truncation"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, terminated=after.terminated | after.truncated, truncated=after.truncated & False)


class Impatient(Honest):
    """Truncates before the limit, whenever it pleases."""

    code = "env.truncation"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        assert self.running is not None
        enough = self.running & (self.energy.sum(1) == 0) & (self.time < LIMIT)
        self.running = self.running & ~enough
        return replace(after, truncated=after.truncated | enough)


class Pension(Honest):
    """Pays after the end."""

    code = "env.reward_after_end"
    companions = ("env.reward_sum",)

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        over = ~(after.terminated | after.truncated) & ~self.running  # type: ignore[operator]
        return replace(after, reward=after.reward + over)


class Repeats(Honest):
    """Reports success again and again."""

    code = "env.flags_after_end"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, success=(self.health == 0).all(1))


class Stirs(Honest):
    """Goes on moving after the end."""

    code = "env.fields_after_end"

    def fields(self) -> Fields:
        shown = super().fields()
        over = ~self.running  # type: ignore[operator]
        shown["entities"][over, 0, 2] = self.time[over] / LIMIT
        return shown
