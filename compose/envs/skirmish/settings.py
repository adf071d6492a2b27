"""What a name may change of Skirmish. No torch here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Limits

from compose.envs.starcraft.family import Settings as Battles
from compose.envs.starcraft.scenario_model import Scenario

Difficulty = Literal["easy", "normal", "hard", "very_hard"]
Opponent = Literal["attack_move", "hold", "nearest", "weakest", "random", "passive"]

OF_SCENARIOS = ("sight", "shared_sight", "targets")
"""Options that a scenario file may say itself."""


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
    shared_sight: Annotated[float, Limits(ge=0, le=1)] | None = None
    """How likely an agent may see an enemy that another agent saw first. As the scenario says, unless given."""
    targets: Literal["", "in_reach", "any"] = ""
    """``any``: agents may choose any enemy; orders out of reach are dropped. As the scenario says, unless given."""
    difficulty: Difficulty = "normal"
    """How often attack-moving opponents look for targets: every 16, 8, 4 or 1 game loops. Agents act every 8."""

    def loaded(self, name: str) -> Scenario:
        """A scenario by its name, with the sight and the targets that are asked for."""
        asked = {name: getattr(self, name) for name in OF_SCENARIOS}
        return super().loaded(name).model_copy(update={key: x for key, x in asked.items() if x not in ("", None)})
