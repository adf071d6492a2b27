"""An environment as it is played in earnest: what it gives is looked at on the way, at next to no cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from compose.envs.guard import form
from compose.envs.guard.finding import Broken, Finding
from compose.envs.guard.safely import safely
from compose.envs.interface import Environment, Fields, Transition
from compose.envs.scaling import within
from compose.kernels.random import Seeds

T = TypeVar("T")
_NAMED = 6
"""Findings that are told at once."""


class Watched:
    """One batch of episodes. What an environment that raises or gives something of another form did wrong is told in
    the words of :func:`~compose.envs.conformance.check`, with step and episode.

    Looked at in every step: fields, shapes, dtypes, whether numbers are finite and every agent has an action; at the
    beginning also whether tasks are tasks of the schema.

    Args:
        env: What is played.
        episodes: Their numbers, int64 [batch].
        seed: Of the environment, or one for each episode.
    """

    def __init__(self, env: Environment, episodes: Tensor, seed: Seeds) -> None:
        self.env, self.episodes, self.seed = env, episodes, seed
        self._see, self._step = f"compose env check {env.schema.name}", -1
        self.taken: Tensor | None = None
        """Steps taken in every episode, int64 [batch], where they did not begin together."""
        self._form: dict[str, tuple[torch.Size, torch.dtype]] = {}
        self._batch = torch.Size(episodes.shape)
        self._each = torch.Size((*episodes.shape, env.schema.agents)) if "rewards" in env.schema.fields else None

    def reset(self) -> Fields:
        """The first fields. Raises Broken."""
        given = self._safely("reset(episodes, seed) gives the first fields",
                             partial(self.env.reset, self.episodes, self.seed))
        self._refuse(form.fields(self.env, given, len(self.episodes)))
        self._refuse([*self._no_action(given), *self._no_task(given)])
        self._form = {name: (x.shape, x.dtype) for name, x in given.items()}
        return given

    def restart(self, rows: Tensor, episodes: Tensor) -> Fields:
        """The first fields of other episodes, begun in some rows. Raises Broken."""
        assert isinstance(self.seed, int)
        given = self._safely("restart(rows, episodes, seed) gives the first fields",
                             partial(self.env.restart, rows, episodes, self.seed))
        self.episodes = self.episodes.index_copy(0, rows, episodes)
        self._refuse(form.fields(self.env, given, len(rows)))
        self._refuse([*self._no_action(given), *self._no_task(given)])
        return given

    def step(self, action: Tensor) -> Transition:
        """The next transition; actions that are numbers are given from -1 to 1. Raises Broken."""
        self._step += 1
        given = self._safely("step(action) gives a transition", partial(self.env.step, within(action, self.env.schema)))
        if not self._as_before(given):
            self._refuse(form.transition(self.env, given, len(self.episodes)))
        self._refuse([*self._no_action(given.fields)])
        return given

    def finish(self, running: Tensor, reward: Tensor) -> None:
        """The limit is reached, or all episodes have ended.

        Args:
            running: bool [batch], whose end the environment has not told.
            reward: [batch time].

        Raises:
            Broken: ``env.limit`` if an episode goes on, ``env.finite`` if its return is beyond all numbers.
        """
        if bool(running.any()):
            limit, row = self.env.schema.limit, int(running.nonzero()[0])
            flag = "truncated" if self.env.schema.truncates else "terminated"
            text = f"the end of the episode at step {limit - 1}, the last of {limit}"
            self._refuse([Finding("env.limit", text, "that it goes on", flag, {"batch": row}, int(running.sum()))])
        wrong = ~reward.sum(1).isfinite()
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            text = "rewards whose sum over an episode is finite"
            self._refuse([Finding("env.finite", text, "larger ones", "reward", {"batch": row}, int(wrong.sum()))])

    def _safely(self, what: str, act: Callable[[], T]) -> T:
        return safely(self._see, what, act, self._place())

    def _as_before(self, given: Transition) -> bool:
        """Whether a transition surely has the right form; False: it must be looked at closely."""
        if type(given) is not Transition or type(given.fields) is not dict:
            return False
        fields, expected, batch = given.fields, self._form, self._batch
        flags = (given.terminated, given.truncated, given.success)
        if not isinstance(given.reward, Tensor) or given.reward.dtype != torch.float32 or given.reward.shape != batch:
            return False
        if any(not isinstance(x, Tensor) or x.dtype != torch.bool or x.shape != batch for x in flags):
            return False
        if fields.keys() != expected.keys():
            return False
        if not self._as_each(given.rewards):
            return False
        total = given.reward.sum() if given.rewards is None else given.reward.sum() + given.rewards.sum()
        for name, (shape, dtype) in expected.items():
            x = fields[name]
            if not isinstance(x, Tensor) or x.shape != shape or x.dtype != dtype or x.device != given.reward.device:
                return False
            if dtype == torch.float32:
                total = total + x.sum()
        return bool(total.isfinite())  # so is every number then

    def _as_each(self, x: object) -> bool:
        """Whether the agents' own rewards have the right form; there may be none."""
        if self._each is None or not isinstance(x, Tensor):
            return self._each is None and x is None
        return x.dtype == torch.float32 and x.shape == self._each

    def _no_action(self, fields: Fields) -> Iterator[Finding]:
        if self.env.schema.continuous:
            return
        some = fields["available"].sum(-1, dtype=torch.int32) > 0  # faster than any()
        if not bool(some.all()):
            row, agent = (~some).nonzero()[0].tolist()
            yield Finding("env.available", "at least one available action for every agent, absent ones included",
                          "none", "available", {"batch": row, "agent": agent}, int((~some).sum()))

    def _no_task(self, fields: Fields) -> Iterator[Finding]:
        task, count = fields["task"], len(self.env.schema.tasks)
        bad = (task < 0) | (task >= count)
        if bool(bad.any()):
            row = int(bad.nonzero()[0])
            yield Finding("env.task", f"a task from 0 to {count - 1}", str(int(task[row])), "task", {"batch": row},
                          int(bad.sum()))

    def _place(self) -> dict[str, int]:
        first, last = int(self.episodes.min()), int(self.episodes.max())
        episodes = {"episode": first} if first == last else {"first episode": first, "last episode": last}
        told = self._step >= 0 and self.taken is None
        return {**({"step": self._step} if told else {}), **episodes}

    def _refuse(self, findings: list[Finding]) -> None:
        if not findings:
            return
        told = []
        for finding in findings[:_NAMED]:
            place = dict(finding.place)
            row = place.pop("batch", None)
            step = self._step if self.taken is None or row is None else int(self.taken[row])
            here = self._place() if row is None else {"step": max(step, 0), "episode": int(self.episodes[row])}
            told.append(replace(finding, place={**here, **place}, see=self._see))
        raise Broken(*told)
