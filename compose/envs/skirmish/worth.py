"""What battles can return: the scale of rewards. No torch here."""

from __future__ import annotations

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.task import Drawn, Squad
from compose.envs.starcraft.units import LOOPS, SHIELD_RATE, STEP, UNITS, UnitType

KILL = 10.0
WIN = 200.0
TOTAL = 20.0
"""The largest return, if no enemy regenerates."""


def largest_return(enemies: tuple[Squad | Drawn, ...]) -> float:
    """``10 per enemy + 200 + their health and shields``: what the reward of a battle is divided by, times 20. Of drawn
    enemies, those with the most."""
    return WIN + sum(s.count * (KILL + max(map(_points, s.kinds))) for s in enemies)


def _smallest_return(enemies: tuple[Squad | Drawn, ...]) -> float:
    return WIN + sum(s.count * (KILL + min(map(_points, s.kinds))) for s in enemies)


def _points(kind: str) -> float:
    return UNITS[kind].health + UNITS[kind].shield


def scales(scenario: Scenario, by_task: bool) -> list[float]:
    """What the reward of each task is multiplied by.

    By task, every win returns about 20. Otherwise all are scaled like the largest task, as in REFIL's environment: the
    first of those with the most enemies, and among them the most types.
    """
    returns = [largest_return(task.enemies) for task in scenario.tasks]
    if not by_task:
        largest = max(scenario.shape, key=lambda task: (task.size("enemies"), len(task.counts("enemies"))))
        returns = [largest_return(largest.enemies)] * len(returns)
    return [TOTAL / most for most in returns]


def bounds(scenario: Scenario, by_task: bool, limit: int) -> tuple[float, float]:
    """No return is outside: 0, and 20 with all that enemies could get back, counted once more when it is lost again."""
    tops = []
    for task, scale in zip(scenario.tasks, scales(scenario, by_task), strict=True):
        gains = sum(squad.count * max(_gain(UNITS[kind]) for kind in squad.kinds) for squad in task.enemies)
        scale = TOTAL / _smallest_return(task.enemies) if by_task else scale
        tops.append(scale * (largest_return(task.enemies) + 2 * limit * STEP / LOOPS * gains))
    return 0.0, max(tops)


def _gain(unit: UnitType) -> float:
    """Points a second that the unit can get back or give back."""
    return SHIELD_RATE * bool(unit.shield) + unit.regenerates + (unit.heal.rate if unit.heal else 0)
