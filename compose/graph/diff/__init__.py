"""What is different between two methods, told by name and by structure."""

from compose.graph.diff.data import data
from compose.graph.diff.diff import Diff, diff
from compose.graph.diff.side import Side

__all__ = ["Diff", "Side", "data", "diff"]
