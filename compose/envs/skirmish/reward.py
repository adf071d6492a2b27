"""SMAC's reward and end of a battle."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, float64

from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.worth import KILL, WIN


@dataclass(frozen=True, slots=True)
class Outcome:
    """How battles stand after a step; all [battle]."""

    reward: Tensor
    """float32, not yet scaled: ``|damage to enemies + 10 kills|``, and 200 for a win. Health and shields that enemies
    get back count as negative damage, and the absolute value is SMAC's."""
    over: Tensor
    won: Tensor


def outcome(forces: Forces, before: Battle, after: Battle) -> Outcome:
    """What a step did. A side that has only healers left has lost; if both have, nobody has won."""
    enemies = slice(forces.allies, None)
    lived = before.alive[:, enemies]
    killed = lived & ~after.alive[:, enemies]
    left = (after.health + after.shield)[:, enemies].masked_fill(killed, 0)
    damage = ((before.health + before.shield)[:, enemies] - left).where(lived, 0).sum(1, dtype=float64).float()
    armed = after.alive & forces.fights
    allies_fight, enemies_fight = armed[:, : forces.allies].any(1), armed[:, enemies].any(1)
    won = allies_fight & ~enemies_fight
    reward = (damage + KILL * killed.sum(1)).abs() + WIN * won
    return Outcome(reward, ~(allies_fight & enemies_fight), won)
