"""``--retry``: episodes whose environment raised are begun again, if somebody asked for it, and never in silence."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from compose.envs.guard import Broken
from compose.envs.interface import Environment, Fields, Transition
from compose.kernels.random import Seeds


class Retried(Environment):
    """Another environment; :func:`~compose.training.rollout.rollout` begins a batch of its episodes again, at most
    ``times`` times, when it raises.

    Draws are functions of seed, episode and step, so what is played again is what would have been played: with an
    environment that keeps to the interface, weights are bit for bit those of a run in which nothing failed.
    """

    def __init__(self, env: Environment, times: int, tell: Callable[[str], None]) -> None:
        self.env, self.times, self.tell = env, times, tell
        self.schema, self.device, self.at_once = env.schema, env.device, env.at_once

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """See :meth:`Environment.reset`."""
        return self.env.reset(episodes, seed)

    def restart(self, rows: Tensor, episodes: Tensor, seed: int) -> Fields:
        """See :meth:`Environment.restart`."""
        return self.env.restart(rows, episodes, seed)

    @property
    def restarts(self) -> bool:
        """Whether the other can."""
        return self.env.restarts

    def step(self, action: Tensor) -> Transition:
        """See :meth:`Environment.step`."""
        return self.env.step(action)


def again(env: Environment, fault: Broken, tried: int) -> bool:
    """Whether to begin again after a fault, ``tried`` attempts having failed; says so if it is to be."""
    raised = all(finding.code == "env.raises" for finding in fault.findings)
    if not (isinstance(env, Retried) and raised and tried <= env.times):
        return False
    env.tell(f"{fault}\n  begun again, {tried} of at most {env.times} times")
    return True
