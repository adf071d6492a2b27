"""The library, and whether there is one."""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from functools import cache
from pathlib import Path

import torch

from compose.envs.skirmish.native.form import Play
from compose.envs.starcraft.view import native as views
from compose.envs.starcraft.view.native.form import ViewForm
from compose.kernels.compiled import NoKernel, library, missed, mode
from compose.kernels.rounding import fuses, norms, roots


class Kernel:
    """Compiled battles: a step of them, and what agents see.

    Raises:
        NoKernel: If there is no compiler, or torch rounds as the kernel cannot.
    """

    def __init__(self) -> None:
        found = library(Path(__file__).parent / "battle.cpp", Path(views.__file__).parent)
        fused, norm, root, double_root = fuses(), norms(), roots(), roots(torch.float64)
        if fused is None or norm is None or root is None or double_root is None:
            raise NoKernel("torch rounds in a way that the kernel cannot")
        self.fused, self.norms, self.root, self.double_root = fused, norm, root, double_root
        found.skirmish_step.argtypes, found.skirmish_step.restype = (c_void_p, c_int64), c_int64
        found.skirmish_show.argtypes, found.skirmish_show.restype = (c_void_p,), None
        found.skirmish_settle.argtypes, found.skirmish_settle.restype = (c_void_p, c_int64, c_int64), None
        self.step, self.show, self.settle = found.skirmish_step, found.skirmish_show, found.skirmish_settle
        for size in (found.skirmish_size, found.skirmish_view_size, found.skirmish_most):
            size.restype = c_int64
        self.most: int = found.skirmish_most()
        """Units of a battle."""
        if (found.skirmish_size(), found.skirmish_view_size()) != (ctypes.sizeof(Play), ViewForm.size):
            raise NoKernel("the library is of another version")


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
