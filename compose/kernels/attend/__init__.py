"""Masked attention over rows that lie apart, in C++: ``look`` gives its weights, ``read`` the sums under them.

For attention of a few agents over a few entities in thousands of steps, torch copies keys and values to where its
matrix products want them, and that takes longer than the products.
"""

from compose.kernels.attend.kernel import MOST, there
from compose.kernels.attend.operations import look, read

__all__ = ["MOST", "look", "read", "there"]
