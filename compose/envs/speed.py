"""How fast an environment plays with random legal actions."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from compose.envs.interface import Environment, Fields
from compose.envs.scaling import any_numbers, within
from compose.kernels.random import keys, one_of, uniform

_AHEAD = 16
"""Steps for which numbers are drawn at once."""


@dataclass(frozen=True)
class Speed:
    """What was measured at one batch size."""

    batch: int
    steps: int
    """Steps of episodes that had not ended."""
    seconds: float
    """The whole time, the choice of actions included."""
    stepping: float
    """Seconds in ``step``."""
    resetting: float
    """Seconds in ``reset``."""
    calls: int
    """Of ``step``."""
    resets: int

    @property
    def rate(self) -> float:
        """Steps a second."""
        return self.steps / self.seconds

    @property
    def alone(self) -> float:
        """Steps a second of the environment's own time."""
        return self.steps / (self.stepping + self.resetting)

    @property
    def step_ms(self) -> float:
        """Milliseconds for a step of all episodes."""
        return 1e3 * self.stepping / self.calls

    @property
    def reset_ms(self) -> float:
        """Milliseconds for a reset of all episodes."""
        return 1e3 * self.resetting / self.resets

    def as_json(self) -> dict[str, Any]:
        """Plain data, for tools."""
        return asdict(self) | {"steps_per_second": self.rate, "alone_per_second": self.alone}


@torch.no_grad()
def speed(env: Environment, batch: int, seconds: float, seed: int = 0) -> Speed:
    """Play whole episodes, ``batch`` at once, until ``seconds`` have passed; a first step is not counted."""
    numbers = torch.arange(batch, device=env.device)
    env.step(_Choice(env, seed, numbers)(env.reset(numbers, seed), 0))
    stepping = resetting = 0.0
    steps = calls = resets = 0
    begin = now(env.device)
    while now(env.device) - begin < seconds:
        start = now(env.device)
        numbers += batch
        fields, resets = env.reset(numbers, seed), resets + 1
        resetting += now(env.device) - start
        choose = _Choice(env, seed, numbers)
        running = torch.ones(batch, dtype=torch.bool, device=env.device)
        taken = torch.zeros((), dtype=torch.int64, device=env.device)
        for step in range(env.schema.limit):
            action = choose(fields, step)
            taken += running.sum()
            start = now(env.device)
            after = env.step(action)
            stepping, calls, fields = stepping + now(env.device) - start, calls + 1, after.fields
            running &= ~(after.terminated | after.truncated)
            if not bool(running.any()):
                break
        steps += int(taken)
    return Speed(batch, steps, now(env.device) - begin, stepping, resetting, calls, resets)


class _Choice:
    """A legal action for every agent, all equally likely. Numbers are drawn for some steps at once."""

    def __init__(self, env: Environment, seed: int, episodes: Tensor) -> None:
        self._schema, self._seed = env.schema, seed
        agent = torch.arange(env.schema.agents, device=env.device)
        self._counters = episodes[:, None] * env.schema.agents + agent
        self._ahead = torch.arange(_AHEAD, device=env.device)[:, None, None]
        self._draws: tuple[Tensor, ...] = ()

    def __call__(self, fields: Fields, step: int) -> Tensor:
        if self._schema.continuous:
            parts = self._schema.sizes["part"]
            return within(any_numbers(self._seed, "bench", step, self._counters, parts), self._schema)
        if step % _AHEAD == 0:
            counters = self._counters * _AHEAD + self._ahead
            self._draws = uniform(keys(self._seed, "bench", step // _AHEAD), counters).unbind()
        return one_of(fields["available"], self._draws[step % _AHEAD])


def now(device: torch.device) -> float:
    """Seconds, when all that was asked of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
