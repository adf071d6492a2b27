"""Does an environment keep to its schema and to the interface? It is played with random legal actions, and looked at.

``assert_conforms("mine")`` is one line of a test; ``compose env check mine`` prints the same.
"""

from compose.envs.conformance.play import Play, play
from compose.envs.conformance.suite import PROPERTIES, Report, Result, assert_conforms, check

__all__ = ["PROPERTIES", "Play", "Report", "Result", "assert_conforms", "check", "play"]
