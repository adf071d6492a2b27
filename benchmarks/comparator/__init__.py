"""Learners written by hand, the way one writes them without a compiler: what the compiled specs are measured against.

Nothing here imports the package. See ``docs/benchmarks.md`` for the rules that keep the comparison fair.
"""

from .flat import FlatLearner, FlatSizes
from .learner import Learner, Method, Sizes
from .update import Update
from .weights import by_spec_name, load

__all__ = ["FlatLearner", "FlatSizes", "Learner", "Method", "Sizes", "Update", "by_spec_name", "load"]
