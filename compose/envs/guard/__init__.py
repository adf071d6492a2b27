"""What an environment gives is looked at wherever one is made or played; what is wrong is told as its fault."""

from compose.envs.guard.finding import Broken, Finding
from compose.envs.guard.measuring import measures
from compose.envs.guard.safely import made, safely
from compose.envs.guard.watched import Watched

__all__ = ["Broken", "Finding", "Watched", "made", "measures", "safely"]
