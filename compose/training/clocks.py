"""The three clocks of a training, and what is read from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from compose.compiler.model import Model
from compose.language.values import Ratio


@dataclass
class Clocks:
    """Steps and episodes collected, and updates made. Evaluation advances none of them."""

    env_steps: int = 0
    episodes: int = 0
    updates: int = 0

    def read(self) -> dict[str, int]:
        """All of them by name."""
        return asdict(self)


def updates_due(clocks: Clocks, ratio: Ratio, start: int) -> int:
    """Updates that should have been made by now, less those made.

    ``N per M episodes`` gives ``floor((episodes - start + 1) N / M)`` updates in all once ``start`` episodes have been
    collected. It depends only on the clocks, so the number of parallel environments changes nothing in the long run
    and no remainder is lost.
    """
    counted = max(0, clocks.episodes - start + 1)
    return counted * ratio.updates // ratio.episodes - clocks.updates


def moving_params(model: Model, clocks: Clocks) -> dict[str, float]:
    """The present values of the model's moving params."""
    return model.params_at(clocks.read())
