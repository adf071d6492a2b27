"""Lies about tensors, the first reset and the schema."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

import torch
from torch import Tensor

from compose.envs.interface import Fields, Transition
from tests.envs.lying.honest import SCHEMA, Honest


class Reuses(Honest):
    """Writes every observation into one buffer."""

    code = "env.fresh"
    buffer: Tensor | None = None

    def fields(self) -> Fields:
        shown = super().fields()
        if self.buffer is None or len(self.buffer) != len(self.present):
            self.buffer = shown["entities"]
        self.buffer.copy_(shown["entities"])
        return {**shown, "entities": self.buffer}


class Scribbles(Honest):
    """Writes into the actions it is given."""

    code = "env.writes_input"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        action.clamp_(max=1)
        return after


class Early(Honest):
    """Steps before it was ever reset."""

    code = "env.unreset"

    def step(self, action: Tensor) -> Transition:
        if self.running is None:
            self.reset(torch.zeros(len(action), dtype=torch.int64), 0)
        return super().step(action)


class Renames(Honest):
    """Has another schema every time."""

    code = "env.hash"
    _made: ClassVar = count()

    def __init__(self) -> None:
        super().__init__()
        self.schema = SCHEMA.model_copy(update={"note": f"number {next(self._made)}"})
