"""``Play`` of ``battle.h``, name by name, and which tensors its pointers point to."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p

import torch
from torch import Tensor

COUNTS = ("battles", "units", "allies", "steps", "settling", "limit", "reaction", "may_shield", "may_regenerate",
          "may_heal", "may_line", "may_circle", "walls", "chases")
NUMBERS = ("heal_rate", "heal_cost", "heal_least", "rested", "shield_rate", "energy_rate", "circle", "half_length",
           "half_width", "kill", "win")
ROUNDING = ("fused_pairs", "fused_planes")
DRAWN = {"key": torch.int64, "sight_key": torch.int64, "episode": torch.int64, "scale": torch.float32}
FORCES = {"gait": torch.int64, "max_health": torch.float32, "max_shield": torch.float32, "max_energy": torch.float32,
          "regeneration": torch.float32, "energy_gain": torch.float32, "reach": torch.float32, "scan": torch.float32,
          "radius": torch.float32, "speed": torch.float32, "period": torch.float32, "fights": torch.bool,
          "heals": torch.bool, "line": torch.bool, "circle": torch.bool, "hits": torch.bool, "mends": torch.bool,
          "blows": torch.float32, "clearance": torch.float32, "close": torch.float32, "share": torch.float32,
          "kind": torch.int64, "present": torch.bool}
GROUND = {"low": torch.float32, "high": torch.float32, "open": torch.bool, "next": torch.int16}
UNITS = {"health": torch.float32, "shield": torch.float32, "energy": torch.float32, "cooldown": torch.float32,
         "calm": torch.float32, "target": torch.int64, "pace": torch.float32, "healing": torch.bool,
         "exploding": torch.bool}
PLANES = ("position", "goal")
"""float32 [xy battle unit] in any layout, which is kept."""
STRIDES = ("place_axis", "place_battle", "place_unit", "goal_axis", "goal_battle", "goal_unit")
SPOTTED = {"owner": torch.int64, "permitted": torch.bool}
"""Null where sight is shared."""
RESULTS = {"reward": torch.float32, "over": torch.bool, "truncated": torch.bool, "won": torch.bool}


class Play(ctypes.Structure):
    """What the library is given."""

    _fields_ = (*((name, c_int64) for name in COUNTS), *((name, c_double) for name in NUMBERS),
                *((name, c_int64) for name in ROUNDING), ("mkl_root", c_void_p), ("mkl_mode", c_int64),
                *((name, c_void_p) for name in ("view", *DRAWN)), *((f"of_{name}", c_void_p) for name in FORCES),
                *((name, c_void_p) for name in GROUND),
                ("time", c_void_p), *((name, c_int64) for name in ("enemies_look", "allies_look")),
                *((name, c_double) for name in ("least", "spread")),
                *((name, c_void_p) for name in ("tag", "action", "running", *UNITS, *PLANES)),
                *((name, c_int64) for name in STRIDES),
                *((name, c_void_p) for name in ("last", "facing", *SPOTTED, *RESULTS)))


def whole(tensor: Tensor, kind: torch.dtype) -> Tensor:
    """It, contiguous.

    Raises:
        TypeError: If it is of another type.
    """
    return typed(tensor, kind).contiguous()


def typed(tensor: Tensor, kind: torch.dtype) -> Tensor:
    """It, as it is.

    Raises:
        TypeError: If it is of another type.
    """
    if tensor.dtype != kind:
        raise TypeError(f"the kernel takes {kind}, not {tensor.dtype}")
    return tensor
