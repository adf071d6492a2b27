"""An environment that plays made-up episodes of any schema, whatever is done in them."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.envs.interface import Environment, Transition
from compose.graph.schema import EntitySchema

GIVEN = ("action", "last_action", "reward", "rewards", "terminated", "steps", "success")
"""What is not a field that an environment shows."""


class MadeUp(Environment):
    """Episodes of :func:`fake_batch`; ``whole``: all of the longest length."""

    def __init__(self, schema: EntitySchema, *, whole: bool = False) -> None:
        self.schema, self.device, self.whole = schema, torch.device("cpu"), whole

    def reset(self, episodes: Tensor, seed: object) -> dict[str, Tensor]:
        first = int(episodes[0])
        count = max(2, len(episodes))
        lengths = torch.full((count,), self.schema.limit) if self.whole else None
        self.batch = fake_batch(self.schema, first, batch=count, lengths=lengths)
        self.rows, self.time = len(episodes), 0
        return self._fields()

    def _fields(self) -> dict[str, Tensor]:
        shown = {}
        for name, field in self.schema.fields.items():
            if name not in GIVEN:
                x = self.batch[name]
                x = x[: self.rows] if "batch" in field.axes else x
                shown[name] = x[:, self.time] if "time" in field.axes else x
        return shown

    def step(self, action: Tensor) -> Transition:
        at, self.time = self.time, self.time + 1
        steps = self.batch["steps"][: self.rows]
        ends = steps[:, at] & ~steps[:, at + 1]
        terminated = self.batch["terminated"][: self.rows, at]
        success = ends & self.batch["success"][: self.rows]
        each = self.batch["rewards"][: self.rows, at] if "rewards" in self.schema.fields else None
        return Transition(
            self.batch["reward"][: self.rows, at], terminated, ends & ~terminated, success, self._fields(), each
        )
