"""What agents see of battles, computed from snapshots: the entity view and SMAC's flat vectors. ``native`` has
them in C++."""

from compose.envs.starcraft.view.entity import EntityView
from compose.envs.starcraft.view.flat import FlatView
from compose.envs.starcraft.view.view import View

__all__ = ["EntityView", "FlatView", "View"]
