"""Predator-prey of various numbers and capabilities: predators with different strengths capture preys together."""

from compose.envs.prey.family import FAMILY
from compose.envs.prey.settings import Settings

__all__ = ["FAMILY", "Settings"]
