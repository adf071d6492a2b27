"""Learners written by hand, the way one writes them without a compiler: what the compiled specs are measured against.

Nothing here imports the package. See ``docs/benchmarks.md`` for the rules that keep the comparison fair.
"""

from .learner import Learner, Method, Sizes
from .weights import by_spec_name, load

__all__ = ["Learner", "Method", "Sizes", "by_spec_name", "load"]
