"""Random inputs that are plain numbers in [0, 1)."""

from math import prod
from typing import Any

from compose.language.axes import Axes
from compose.language.operation import Site


def uniform_over(axes: Axes, uniform: Any, site: Site) -> Any:
    """A number for every element of ``axes``, which begin with batch and time; for :meth:`Operation.sample`."""
    sizes = [site.size(a) or 1 for a in axes[2:]]
    drawn = uniform(prod(sizes))
    return drawn.reshape(*drawn.shape[:2], *sizes)
