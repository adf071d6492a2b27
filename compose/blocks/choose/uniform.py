"""Random inputs that are plain numbers in [0, 1)."""

from math import prod
from typing import Any

from compose.language.axes import Axes, leads
from compose.language.operation import Site


def uniform_over(axes: Axes, uniform: Any, site: Site) -> Any:
    """A number for every element of ``axes``, which begin with batch (and time); for :meth:`Operation.sample`."""
    first = sum(map(leads, axes))
    sizes = [site.size(a) or 1 for a in axes[first:]]
    drawn = uniform(prod(sizes))
    return drawn.reshape(*drawn.shape[:first], *sizes)
