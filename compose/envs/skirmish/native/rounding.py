"""How torch rounds on this machine, measured: kernels must do alike.

Quotients are those of IEEE 754. ``addcmul`` is a fused multiply-add in most builds; square roots come from MKL where
torch has it, which rounds one in six to the neighbour.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compose.kernels.random import integers, key

_LIBRARIES = ("libtorch_cpu.so", "libtorch_cpu.dylib")
MKL_MODE = 0x140102
"""As torch asks it: accurate (0x2), denormals kept (0x140000), errors ignored (0x100)."""


def fuses() -> bool | None:
    """Whether ``addcmul`` rounds once rather than twice; None if neither holds everywhere, or quotients are inexact."""
    a, b, c = (_numbers(name) for name in "abc")
    once = (a.double() * b.double() + c.double()).float()  # the double's sum is exact
    found = [c.addcmul(a, b), c.clone().addcmul_(a, b), _in_pieces(lambda x, y, z: z.addcmul(x, y), a, b, c)]
    fused, plain = (all(torch.equal(x, wanted) for x in found) for wanted in (once, a * b + c))
    divisor = b.abs().clamp(min=1e-3)
    exact = bool(((a / divisor).numpy() == a.numpy() / divisor.numpy()).all())
    return None if fused == plain or not exact else fused


def roots() -> int | None:
    """The address of MKL's root, which torch takes; 0 where torch's roots are exact; None if they are neither."""
    squares = torch.cat((_numbers("x").square(), _numbers("y").abs(), torch.zeros(3)))
    found = squares.sqrt()
    if not all(torch.equal(x, found) for x in (squares.clone().sqrt_(), _in_pieces(torch.sqrt, squares))):
        return None
    if bool((np.sqrt(squares.numpy()) == found.numpy()).all()):
        return 0
    mkl = _mkl()
    if mkl is None:
        return None

    def root(x: Tensor) -> Tensor:
        x = x.clone()
        mkl(len(x), x.data_ptr(), x.data_ptr(), MKL_MODE)
        return x

    if not all(torch.equal(x, found) for x in (root(squares), _in_pieces(root, squares))):
        return None
    return ctypes.cast(mkl, ctypes.c_void_p).value


def _mkl() -> Any:
    for name in _LIBRARIES:
        place = Path(torch.__file__).parent / "lib" / name
        try:
            found = ctypes.CDLL(str(place)).vmsSqrt
        except (OSError, AttributeError):
            continue
        found.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        found.restype = None
        return found
    return None


def _numbers(name: str) -> Tensor:
    return integers(key(0, name), torch.arange(4099), 1 << 18).float() / 4096 - 32


def _in_pieces(op: Callable[..., Tensor], *given: Tensor) -> Tensor:
    """As pieces of 1 to 40 numbers: whole vectors and what is left behind them, and less than one."""
    edges = [0]
    while edges[-1] < len(given[0]):
        edges.append(edges[-1] + len(edges) % 40 + 1)
    return torch.cat([op(*(x[first:last] for x in given)) for first, last in pairwise(edges)])
