"""Lies about names, shapes, dtypes and numbers."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from compose.envs.interface import Fields, Transition
from tests.envs.lying.honest import Honest


class Raises(Honest):
    """Breaks down in the fourth step."""

    code = "env.raises"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return after if self.time[0] < 4 else after[0]  # type: ignore[index]


class Informal(Honest):
    """Has a device that is only the name of one."""

    code = "env.interface"

    def __init__(self) -> None:
        super().__init__()
        self.device = "cpu"  # type: ignore[assignment]


class Forgets(Honest):
    """Leaves out a field that its schema has."""

    code = "env.fields"

    def fields(self) -> Fields:
        return {name: x for name, x in super().fields().items() if name != "sight"}


class Adds(Honest):
    """Shows something that its schema does not know."""

    code = "env.fields"

    def fields(self) -> Fields:
        return {**super().fields(), "oracle": self.health}


class Squeezes(Honest):
    """Loses the batch axis of the reward when one episode plays alone."""

    code = "env.shape"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, reward=after.reward.squeeze())


class Doubles(Honest):
    """Pays in double precision."""

    code = "env.dtype"

    def step(self, action: Tensor) -> Transition:
        after = super().step(action)
        return replace(after, reward=after.reward.double())


class Divides(Honest):
    """Divides by the energy that is left."""

    code = "env.finite"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, :2, 2] = 1 / self.energy[:, :2].float()
        return shown


class Elsewhere(Honest):
    """Keeps a field on another device."""

    code = "env.device"

    def fields(self) -> Fields:
        shown = super().fields()
        return {**shown, "sight": torch.empty_like(shown["sight"], device="meta")}
