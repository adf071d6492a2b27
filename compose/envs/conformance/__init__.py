"""Does an environment keep to its schema and to the interface? It is played with random legal actions, and looked at.

``assert_conforms("mine")`` is one line of a test; ``compose env check mine`` prints the same.
"""

from compose.envs.conformance.finding import Broken, Finding
from compose.envs.conformance.play import Play, play
from compose.envs.conformance.safely import made, safely
from compose.envs.conformance.suite import PROPERTIES, Report, Result, assert_conforms, check
from compose.envs.conformance.watched import Watched

__all__ = ["PROPERTIES", "Broken", "Finding", "Play", "Report", "Result", "Watched", "assert_conforms", "check",
           "made", "play", "safely"]
