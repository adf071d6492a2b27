"""What a name may change of Skirmish. No torch here."""

from __future__ import annotations

from typing import Literal

from compose.envs.starcraft.family import Settings as Battles

Difficulty = Literal["easy", "normal", "hard", "very_hard"]
Opponent = Literal["attack_move", "hold", "nearest", "weakest", "random", "passive"]


class Settings(Battles):
    """What a name may change."""

    reward: Literal["set", "task"] = "set"
    """``set``: all tasks are scaled as the largest one, so small ones return less than 20 (REFIL). ``task``: every win
    returns about 20 (OPT)."""
    tags: Literal["random", "fixed"] = "random"
    """Whether the numbers by which targets are chosen are shuffled every episode; only for sets of tasks."""
    opponent: Opponent = "attack_move"
    """``attack_move`` is SMAC's. ``hold`` fights without walking, ``passive`` does nothing. ``nearest``, ``weakest``
    and ``random`` choose among the targets that agents could choose, once a step."""
    difficulty: Difficulty = "normal"
    """How often attack-moving opponents look for targets: every 16, 8, 4 or 1 game loops. Agents act every 8."""
