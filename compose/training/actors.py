"""Who chooses the actions: a model, with or without exploration, or a fixed rule for chance levels."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from compose.compiler.model import Acted, Model, Tensors
from compose.envs.interface import Script
from compose.envs.scaling import any_numbers, by_part
from compose.kernels.random import Seeds, categorical, keys, one_of, uniform

Steps = int | Tensor
"""Taken in all episodes, or in each: int64 [batch]."""


class Actor(Protocol):
    """Chooses a joint action for a batch of episodes, step by step from step 0 on."""

    def choose(self, fields: Tensors, episodes: Tensor, step: int) -> Tensor:
        """Actions, int64 [batch agent]; of continuous ones float32 [batch agent part], from -1 to 1.

        Args:
            fields: What the environment shows now and ``last_action``; those with a time axis have length 1 there.
            episodes: Episode numbers, int64 [batch].
            step: Steps taken in the episode; 0 begins a new one.
        """


@dataclass
class ModelActor:
    """A model's values, epsilon-greedily: with probability ``epsilon`` an agent takes an available action at random.
    Or, ``sampled``, the values are logits, and an action is drawn from their softmax over the available ones. Actions
    that are numbers are drawn from normal distributions if ``sampled``, else they are the means.

    The draws are keyed by (seed, episode number, step, agent): given the values, a choice is the same in any batch.
    """

    model: Model
    seed: int
    epsilon: float = 0.0
    params: Mapping[str, float] = field(default_factory=dict)
    sampled: bool = False
    records: bool = False
    """Does it keep what the spec records?"""
    recorded: dict[str, Tensor] = field(default_factory=dict)
    """What was recorded of the step just chosen, by name [batch ...]."""
    state: dict[str, Tensor] | None = None
    """What is carried to the next step, by name [batch ...]."""

    @property
    def reads(self) -> Collection[str]:
        """The fields that it looks at; actors that do not say are shown all."""
        found = set(self.model.reads(acting=True))
        if self.records and self.model.graph.recorded:
            found |= {name for program in {"play", "note"} & self.model.programs.keys()
                      for name in self.model.programs[program].fields}
        return found

    @property
    def program(self) -> str:
        """What it runs."""
        return "play" if self.records and self.model.graph.recorded else "act"

    def choose(self, fields: Tensors, episodes: Tensor, step: Steps) -> Tensor:
        """See :class:`Actor`."""
        program = self.program
        draws = self.model.draw(program, self.seed, step, episodes)
        run = self.model.play if program == "play" else self.model.act
        acted = run(fields, self.carried(step), draws, self.params)
        self.state = acted.state
        action = self._chosen(acted, episodes, step)
        if program == "play":
            draws = self.model.draw("note", self.seed, step, episodes)
            known = {**fields, "action": action.unsqueeze(1)}
            self.recorded = self.model.note(acted, known, draws, self.params)
        return action

    def carried(self, step: Steps) -> dict[str, Tensor] | None:
        """What the next step is given: nothing where it is the first of its episode."""
        if self.state is None or (isinstance(step, int) and step == 0):
            return None
        first = step == 0
        if isinstance(first, bool) or not bool(first.any()):
            return self.state
        fresh = self.model.initial_state(len(first), self.program)
        return {name: fresh[name].where(first.view(-1, *[1] * (x.dim() - 1)), x) for name, x in self.state.items()}

    def _chosen(self, acted: Acted, episodes: Tensor, step: Steps) -> Tensor:
        if acted.variance is not None:
            variance = acted.variance if self.sampled else None
            return numbers(acted.values, variance, self.model.spec.act.squashed, self.seed, episodes, step)
        if self.sampled:
            return sampled(acted.values, acted.where, self.seed, episodes, step)
        if self.epsilon <= 0.0:
            return greedy(acted.values, acted.where)
        return explored(acted.values, acted.where, self.epsilon, self.seed, episodes, step)


def evaluating(model: Model, seed: int, params: Mapping[str, float] | None = None) -> ModelActor:
    """A model as it is evaluated: greedily, or ``evaluate: sample``."""
    return ModelActor(model, seed, params=params or {}, sampled=model.spec.act.sampled_in_evaluation)


@dataclass(frozen=True)
class RandomActor:
    """Every agent takes an available action at random, all equally likely."""

    seed: Seeds

    def choose(self, fields: Tensors, episodes: Tensor, step: int) -> Tensor:
        """See :class:`Actor`."""
        if "available" not in fields:
            agents, parts = fields["last_action"].shape[-2:]
            return any_numbers(self.seed, "action", step, _counters(episodes, agents), parts)
        return random_action(fields["available"][:, 0], self.seed, episodes, step)


@dataclass(frozen=True)
class FixedActor:
    """Every agent always takes one action, or its first available one where that is not available."""

    action: int

    def choose(self, fields: Tensors, episodes: Tensor, step: int) -> Tensor:
        """See :class:`Actor`."""
        available = fields["available"][:, 0]
        first = available.to(torch.uint8).argmax(-1)
        return torch.where(available[..., self.action], torch.full_like(first, self.action), first)


@dataclass(frozen=True)
class ScriptActor:
    """A policy that the environment being played knows itself."""

    script: Script

    def choose(self, fields: Tensors, episodes: Tensor, step: int) -> Tensor:
        """See :class:`Actor`."""
        return self.script()


def greedy(values: Tensor, where: Tensor) -> Tensor:
    """The action of the largest value among those allowed [batch agent]; of equal ones, whichever argmax gives."""
    return values.masked_fill(~where, -torch.inf).argmax(-1)


def explored(values: Tensor, where: Tensor, epsilon: float | Tensor, seed: Seeds, episodes: Tensor,
             step: Steps) -> Tensor:
    """:func:`greedy`, but with probability ``epsilon`` (a number, or [batch 1]) an allowed action at random."""
    best = greedy(values, where)
    explores = uniform(keys(seed, "explore", step), _counters(episodes, best.shape[1])) < epsilon
    return torch.where(explores, random_action(where, seed, episodes, step), best)


def sampled(logits: Tensor, where: Tensor, seed: Seeds, episodes: Tensor, step: Steps) -> Tensor:
    """An action for every agent, drawn from the softmax of ``logits`` over those allowed [batch agent]."""
    chances = logits.masked_fill(~where, -torch.inf).softmax(-1)
    return categorical(chances, uniform(keys(seed, "sample", step), _counters(episodes, logits.shape[1])))


def numbers(mean: Tensor, variance: Tensor | None, squashed: bool, seed: Seeds, episodes: Tensor,
            step: Steps) -> Tensor:
    """Numbers for every agent [batch agent part], drawn from normal distributions (their means without a variance)."""
    drawn = mean.float()
    if variance is not None:
        agents, parts = mean.shape[1:]
        counters = by_part(_counters(episodes, agents), parts)
        height, turn = (uniform(keys(seed, "sample", what, step), counters).view(mean.shape)
                        for what in ("height", "turn"))
        noise = (-2 * (1 - height).log()).sqrt() * (2 * math.pi * turn).cos()  # Box and Muller 1958
        drawn = drawn + variance.float().sqrt() * noise
    return drawn.tanh() if squashed else drawn


def random_action(allowed: Tensor, seed: Seeds, episodes: Tensor, step: Steps) -> Tensor:
    """An allowed action for every agent, all equally likely [batch agent]."""
    return one_of(allowed, uniform(keys(seed, "action", step), _counters(episodes, allowed.shape[1])))


def _counters(episodes: Tensor, agents: int) -> Tensor:
    return episodes[:, None] * agents + torch.arange(agents, device=episodes.device)
