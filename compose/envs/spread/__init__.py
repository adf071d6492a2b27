"""Spread: agents move on a plane, by so much as they like, to where the landmarks are."""

from compose.envs.spread.family import FAMILY
from compose.envs.spread.settings import Settings

__all__ = ["FAMILY", "Settings"]
