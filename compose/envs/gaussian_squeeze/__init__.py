"""Gaussian Squeeze: many agents, one step, one number; the sum of what they allocate should hit a peak."""

from compose.envs.gaussian_squeeze.family import FAMILY
from compose.envs.gaussian_squeeze.settings import Settings

__all__ = ["FAMILY", "Settings"]
