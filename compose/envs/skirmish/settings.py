"""What a name may change of Skirmish. No torch here."""

from __future__ import annotations

from typing import Literal

from compose.envs.starcraft.family import Settings as Battles
from compose.envs.starcraft.scenario_model import Scenario

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
    sight: Literal["", "round", "cone"] = ""
    """``cone``: agents see only ahead, and turn. As the scenario says, unless given."""
    difficulty: Difficulty = "normal"
    """How often attack-moving opponents look for targets: every 16, 8, 4 or 1 game loops. Agents act every 8."""

    def loaded(self, name: str) -> Scenario:
        """A scenario by its name, with the sight that is asked for."""
        found = super().loaded(name)
        return found.model_copy(update={"sight": self.sight}) if self.sight else found
