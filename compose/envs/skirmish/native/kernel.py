"""What calls the kernel: tensors in, a new :class:`Battle` out."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.combat import CIRCLE, HEAL, LINE
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.native.rounding import MKL_MODE, fuses, roots
from compose.envs.starcraft.units import ENERGY_RATE, LOOPS, SHIELD_DELAY, SHIELD_RATE
from compose.kernels.compiled import NoKernel, library, missed, mode

_COUNTS = ("battles", "units", "allies", "steps", "settling", "time", "reaction", "enemies_look", "allies_look",
           "may_shield", "may_regenerate", "may_heal", "may_line", "may_circle", "walls")
_NUMBERS = ("heal_rate", "heal_cost", "heal_least", "rested", "shield_rate", "energy_rate", "circle", "half_length",
            "half_width")
_FORCES = {"gait": torch.int64, "max_health": torch.float32, "max_shield": torch.float32, "max_energy": torch.float32,
           "regeneration": torch.float32, "energy_gain": torch.float32, "reach": torch.float32, "scan": torch.float32,
           "radius": torch.float32, "speed": torch.float32, "fights": torch.bool, "heals": torch.bool,
           "line": torch.bool, "circle": torch.bool, "hits": torch.bool, "mends": torch.bool, "blows": torch.float32,
           "clearance": torch.float32, "close": torch.float32, "share": torch.float32}
_GROUND = {"low": torch.float32, "high": torch.float32, "open": torch.bool, "next": torch.int16}
_BATTLE = {"position": torch.float32, "health": torch.float32, "shield": torch.float32, "energy": torch.float32,
           "cooldown": torch.float32, "calm": torch.float32, "target": torch.int64, "goal": torch.float32,
           "pace": torch.float32, "healing": torch.bool, "exploding": torch.bool}
_KEPT = ("goal", "pace")
"""What loops do not change."""


_PLANES = ("position", "goal")
"""[xy battle unit] in any layout, which is kept."""
_STRIDES = ("place_axis", "place_battle", "place_unit", "goal_axis", "goal_battle", "goal_unit")


class _Play(ctypes.Structure):
    """``Play`` of ``battle.h``, name by name."""

    _fields_ = (*((name, c_int64) for name in _COUNTS), *((name, c_double) for name in _NUMBERS),
                *((name, c_void_p) for name in ("running", "reload", "tag")),
                *((f"of_{name}", c_void_p) for name in _FORCES), *((name, c_void_p) for name in _GROUND),
                *((name, c_void_p) for name in _BATTLE if name not in _PLANES),
                *((name, c_void_p) for name in _PLANES), *((name, c_int64) for name in _STRIDES),
                ("mkl_root", c_void_p), ("mkl_mode", c_int64))


class Kernel:
    """The compiled game loops.

    Raises:
        NoKernel: If there is no compiler, or torch rounds as the kernel cannot.
    """

    def __init__(self) -> None:
        found = library(Path(__file__).parent, "battle.cpp")
        fused, root = fuses(), roots()
        if fused is None or root is None:
            raise NoKernel("torch rounds in a way that the kernel cannot")
        self._play, self._fused, self._root = found.skirmish_play, int(fused), root
        self._play.argtypes, self._play.restype = (c_void_p, c_int64), None
        found.skirmish_size.restype = found.skirmish_most.restype = c_int64
        self.most: int = found.skirmish_most()
        """Units of a battle."""
        if found.skirmish_size() != ctypes.sizeof(_Play):
            raise NoKernel("the library is of another version")

    def play(self, forces: Forces, battle: Battle, ground: Ground, running: Tensor, tag: Tensor, reload: Tensor, *,
             loop: int, reaction: int, looks: tuple[bool, bool], settling: int) -> Battle:  # fmt: skip
        """Where battles are after the loops for which ``reload`` [battle loop unit] says how weapons reload.

        Args:
            running: Bool [battle]; the others stay as they are.
            loop: The number of the first.
            reaction: Every how many loops scripted units look for targets.
            looks: Whether the allies, and the enemies, are scripted so.
            settling: How often units make room for each other after the last loop.
        """
        new = Battle(*(getattr(battle, name) if name in _KEPT else _copy(getattr(battle, name), name)
                       for name in _BATTLE))
        held = [(running, torch.bool), (reload, torch.float32), (tag, torch.int64),
                *((getattr(forces, name), kind) for name, kind in _FORCES.items()),
                *((getattr(ground, name), kind) for name, kind in _GROUND.items()),
                *((getattr(new, name), kind) for name, kind in _BATTLE.items() if name not in _PLANES)]
        given = [_whole(tensor, kind) for tensor, kind in held]
        given += [_typed(getattr(new, name), _BATTLE[name]) for name in _PLANES]
        counts = (len(running), forces.units, forces.allies, reload.shape[1], settling, loop, reaction, looks[1],
                  looks[0], forces.may_shield, forces.may_regenerate, forces.may_heal, forces.may_line,
                  forces.may_circle, ground.walls)
        play = _Play(*counts, *_RULES, *(None if tensor is None else tensor.data_ptr() for tensor in given),
                     *new.position.stride(), *new.goal.stride(), self._root, MKL_MODE)
        self._play(ctypes.byref(play), self._fused)
        return new


_RULES = (HEAL.rate / LOOPS, HEAL.cost / LOOPS, HEAL.least, SHIELD_DELAY * LOOPS, SHIELD_RATE / LOOPS,
          ENERGY_RATE / LOOPS, CIRCLE, *LINE)


def _copy(tensor: Tensor, name: str) -> Tensor:
    return tensor.clone(memory_format=torch.preserve_format if name in _PLANES else torch.contiguous_format)


def _whole(tensor: Tensor | None, kind: torch.dtype) -> Tensor | None:
    return None if tensor is None else _typed(tensor, kind).contiguous()


def _typed(tensor: Tensor, kind: torch.dtype) -> Tensor:
    if tensor.dtype != kind:
        raise TypeError(f"the kernel takes {kind}, not {tensor.dtype}")
    return tensor


def kernel(device: torch.device, units: int) -> Kernel | None:
    """The kernel, where there is one for battles of so many units; else says once why not.

    Raises:
        SpecError: If a kernel was asked for and there is none.
    """
    if device.type != "cpu":
        return None
    found, reason = _loaded() if mode() != "off" else (None, "")
    if found is not None and units <= found.most:
        return found
    missed("skirmish", reason if found is None else f"more than {found.most} units")
    return None


@cache
def _loaded() -> tuple[Kernel | None, str]:
    try:
        return Kernel(), ""
    except NoKernel as wrong:
        return None, str(wrong)
