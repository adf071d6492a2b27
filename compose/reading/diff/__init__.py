"""What is different between two methods, told by name and by structure."""

from compose.reading.diff.data import data
from compose.reading.diff.diff import Diff, diff
from compose.reading.diff.side import Side

__all__ = ["Diff", "Side", "data", "diff"]
