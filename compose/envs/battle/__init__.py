"""Battle: two armies on a grid, hand to hand; the agents are one of them."""

from compose.envs.battle.family import FAMILY
from compose.envs.battle.settings import Settings

__all__ = ["FAMILY", "Settings"]
