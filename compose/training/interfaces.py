"""What training needs of a compiled model. The compiler's ``Model`` is one; tests use smaller ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]


class Acted(Protocol):
    """One step of acting: ``values`` [batch agent action], ``where`` bool [batch agent action], carried state."""

    @property
    def values(self) -> Tensor: ...
    @property
    def where(self) -> Tensor: ...
    @property
    def state(self) -> dict[str, Tensor]: ...


class Learned(Protocol):
    """One pass over whole episodes: what each optimizer minimises, and every loss without gradient."""

    @property
    def totals(self) -> dict[str, Tensor]: ...
    @property
    def losses(self) -> dict[str, Tensor]: ...


class Model(Protocol):
    """Weights and the programs ``act`` and ``learn`` of one spec in one environment."""

    @property
    def spec(self) -> Any:
        """The spec: ``params``, ``act`` and ``learner`` are read."""

    @property
    def weights(self) -> dict[str, torch.nn.Parameter]:
        """Learned weights under their names in the spec."""

    @property
    def target(self) -> dict[str, Tensor]:
        """Lagged copies of some of them, under the same names."""

    @property
    def moving(self) -> tuple[str, ...]:
        """Params that move; the programs need their values of the moment."""

    def trained_by(self, optimizer: str) -> dict[str, torch.nn.Parameter]:
        """The weights that the losses of an optimizer reach."""

    def load(self, weights: Tensors, target: Tensors | None = None) -> None:
        """Copy values in by name."""

    def act(self, fields: Tensors, state: Tensors | None = None, draws: Tensors | None = None,
            params: Mapping[str, float] | None = None) -> Acted:
        """One step; fields have a time axis of length 1."""

    def learn(self, fields: Tensors, draws: Tensors | None = None,
              params: Mapping[str, float] | None = None) -> Learned:
        """All losses on whole episodes."""

    def draw(self, program: str, seed: int, clock: int, episodes: Tensor) -> dict[str, Tensor]:
        """The random inputs of a program: a pure function of the arguments."""
