"""What a training tells programs: records of plain data, each with an ``event``; docs/command_line.md lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from compose.training.clocks import Clocks
from compose.training.evaluate import Score

Tell = Callable[[dict[str, Any]], None]


def nobody(record: dict[str, Any]) -> None:
    """Nobody listens."""


def evaluation(seed: int, clocks: Clocks, score: Score) -> dict[str, Any]:
    """A run was evaluated."""
    return {"event": "evaluation", "seed": seed, "clocks": clocks.read(), "score": asdict(score)}


def chance(seed: int, policy: str, score: Score) -> dict[str, Any]:
    """Play that has learned nothing was measured."""
    return {"event": "chance", "seed": seed, "policy": policy, "score": asdict(score)}
