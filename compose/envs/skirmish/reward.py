"""SMAC's reward and end of a battle."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.starcraft.scenario import Scenario, Squad
from compose.envs.starcraft.units import UNITS

KILL = 10.0
WIN = 200.0
TOTAL = 20.0
"""The largest return, if no enemy regenerates."""


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
    damage = ((before.health + before.shield)[:, enemies] - left).where(lived, 0).sum(1)
    armed = after.alive & forces.fights
    allies_fight, enemies_fight = armed[:, : forces.allies].any(1), armed[:, enemies].any(1)
    won = allies_fight & ~enemies_fight
    reward = (damage + KILL * killed.sum(1)).abs() + WIN * won
    return Outcome(reward, ~(allies_fight & enemies_fight), won)


def largest_return(enemies: tuple[Squad, ...]) -> float:
    """``10 per enemy + 200 + their health and shields``: what the reward of a battle is divided by, times 20."""
    return WIN + sum(s.count * (KILL + UNITS[s.unit].health + UNITS[s.unit].shield) for s in enemies)


def scales(scenario: Scenario, by_task: bool) -> Tensor:
    """What the reward of each task is multiplied by [task].

    By task, every win returns about 20. Otherwise all are scaled like the largest task, as in REFIL's environment: the
    first of those with the most enemies, and among them the most types.
    """
    returns = [largest_return(task.enemies) for task in scenario.tasks]
    if not by_task:
        sizes = [(sum(s.count for s in task.enemies), len({s.unit for s in task.enemies})) for task in scenario.tasks]
        returns = [returns[sizes.index(max(sizes))]] * len(returns)
    return TOTAL / torch.tensor(returns, dtype=torch.float32)
