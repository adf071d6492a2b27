"""Skirmish: SMAC-like battles without StarCraft, thousands at a time."""

from compose.envs.skirmish.family import FAMILY, Settings

__all__ = ["FAMILY", "Settings"]
