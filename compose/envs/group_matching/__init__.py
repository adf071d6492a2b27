"""Group Matching: agents on a ring of cells must gather, each group in a cell of its own choice."""

from compose.envs.group_matching.family import FAMILY
from compose.envs.group_matching.settings import Settings

__all__ = ["FAMILY", "Settings"]
