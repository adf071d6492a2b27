"""Environments of other APIs: PettingZoo, Gymnasium, SMAC, SMAX, suites. None is imported unasked."""

from compose.envs.adapters.family import Gymnasium, GymnasiumVector, PettingZoo

__all__ = ["Gymnasium", "GymnasiumVector", "PettingZoo"]
