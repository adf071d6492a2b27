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
_ROOTS = {torch.float32: "vmsSqrt", torch.float64: "vmdSqrt"}
_SHAPES = ((1, 2), (1, 6), (3, 6), (2, 57), (30, 128))
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


def norms() -> tuple[bool, bool] | None:
    """Whether the norm of two float32 numbers is that of a sum rounded once: of pairs side by side, and of pairs whose
    first numbers all come before the second. None if that does not hold everywhere, or float64 is not exact."""
    found = []
    for apart in (False, True):
        fused, plain = True, True
        for shape in _SHAPES:
            x, y = (_numbers(name)[: shape[0] * shape[1]].reshape(shape) / 3 for name in "xy")
            pairs = torch.stack((x, y)).movedim(0, 2) if apart else torch.stack((x, y), 2)
            norm, first = torch.linalg.vector_norm(pairs, dim=2).numpy(), x * x
            once = (y.double() * y.double() + first.double()).float()
            fused &= bool((norm == np.sqrt(once.numpy())).all())
            plain &= bool((norm == np.sqrt((first + y * y).numpy())).all())
            wide = torch.stack((_whole(x), _whole(y)), 2)
            squares = wide.square().sum(2)  # exact
            if not bool((torch.linalg.vector_norm(wide, dim=2).numpy() == np.sqrt(squares.numpy())).all()):
                return None
        if not (fused or plain):
            return None
        found.append(fused and not plain)
    return found[0], found[1]


def roots(kind: torch.dtype = torch.float32) -> int | None:
    """The address of MKL's root, which torch takes; 0 where torch's roots are exact; None if they are neither."""
    x, y = (_numbers(name).to(kind) for name in "xy")
    squares = torch.cat((x.square(), y.abs(), x.square() + y.square(), x.new_zeros(3)))
    found = squares.sqrt()
    if not all(torch.equal(x, found) for x in (squares.clone().sqrt_(), _in_pieces(torch.sqrt, squares))):
        return None
    if bool((np.sqrt(squares.numpy()) == found.numpy()).all()):
        return 0
    mkl = _mkl(_ROOTS[kind])
    if mkl is None:
        return None

    def root(x: Tensor) -> Tensor:
        x = x.clone()
        mkl(len(x), x.data_ptr(), x.data_ptr(), MKL_MODE)
        return x

    if not all(torch.equal(x, found) for x in (root(squares), _in_pieces(root, squares))):
        return None
    return ctypes.cast(mkl, ctypes.c_void_p).value


def _mkl(root: str) -> Any:
    for name in _LIBRARIES:
        place = Path(torch.__file__).parent / "lib" / name
        try:
            found = getattr(ctypes.CDLL(str(place)), root)
        except (OSError, AttributeError):
            continue
        found.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        found.restype = None
        return found
    return None


def _whole(x: Tensor) -> Tensor:
    """Rounded to multiples of 1 / 4096, in float64."""
    return (x.double() * 4096).round() / 4096


def _numbers(name: str) -> Tensor:
    return integers(key(0, name), torch.arange(4099), 1 << 18).float() / 4096 - 32


def _in_pieces(op: Callable[..., Tensor], *given: Tensor) -> Tensor:
    """As pieces of 1 to 40 numbers: whole vectors and what is left behind them, and less than one."""
    edges = [0]
    while edges[-1] < len(given[0]):
        edges.append(edges[-1] + len(edges) % 40 + 1)
    return torch.cat([op(*(x[first:last] for x in given)) for first, last in pairwise(edges)])
