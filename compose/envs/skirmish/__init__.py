"""Skirmish: SMAC-like battles without StarCraft, thousands at a time. What agents see is ``starcraft.view``'s."""

from compose.envs.skirmish.family import FAMILY
from compose.envs.skirmish.settings import Settings

__all__ = ["FAMILY", "Settings"]
