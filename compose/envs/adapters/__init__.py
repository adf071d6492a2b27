"""Environments of other APIs: PettingZoo, Gymnasium, SMAC, SMAX, and suites. None is imported before it is asked for."""

from compose.envs.adapters.family import Gymnasium, GymnasiumVector, PettingZoo

__all__ = ["Gymnasium", "GymnasiumVector", "PettingZoo"]
