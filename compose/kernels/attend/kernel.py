"""The library, and whether there is one."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from compose.kernels.compiled import NoKernel, library, missed, mode

LOOK, LOOK_BACK, READ, READ_BACK = range(4)
"""What the library does."""
MOST = 1024
"""Queries, and keys, of a step."""


class Sizes(ctypes.Structure):
    """As in ``steps.h``."""

    _fields_ = (*((name, c_int64) for name in ("steps", "queries", "views", "heads", "part", "keys",
                                                "threads")),
                ("scale", c_double), ("query_rows", c_void_p), ("key_rows", c_void_p))


class Mask(ctypes.Structure):
    """As in ``steps.h``."""

    _fields_ = (("at", c_void_p), *((name, c_int64) for name in ("step", "query", "view", "key")))


def there() -> bool:
    """Is there a kernel? Says once why not, if there is none.

    Raises:
        SpecError: If a kernel was asked for and there is none.
    """
    found, reason = _loaded() if mode() != "off" else (None, "")
    if found is None:
        missed("attention", reason)
    return found is not None


def run(what: int, sizes: tuple[int, ...], scale: float, rows: tuple[Tensor | None, Tensor | None],
        tensors: tuple[Tensor, ...], mask: Tensor | None = None) -> None:
    """Call the library.

    Args:
        sizes: steps, queries, views, heads, part, keys.
        rows: where the rows of queries and of keys lie.
        tensors: contiguous, of one type: those that are read, and those that are written.
        mask: bool [step query view key], any of them 1 long.

    Raises:
        ValueError: For more queries or keys in a step than ``MOST``.
    """
    if max(sizes[1], sizes[5]) > MOST:
        raise ValueError(f"at most {MOST} queries and keys in a step")
    found, reason = _loaded()
    if found is None:
        raise NoKernel(reason)
    kept = [None if x is None else x.contiguous() for x in (*rows, mask)]
    at = [None if x is None else x.data_ptr() for x in kept]
    strides = [0, 0, 0, 0] if kept[2] is None else [0 if n == 1 else kept[2].stride(i)
                                                    for i, n in enumerate(kept[2].shape)]
    given = (c_void_p * len(tensors))(*(x.data_ptr() for x in tensors))
    wide = int(tensors[0].dtype == torch.float64)
    found.attend(what, wide, ctypes.byref(Sizes(*sizes, torch.get_num_threads(), scale, at[0], at[1])), given,
                 ctypes.byref(Mask(at[2], *strides)))


@cache
def _loaded() -> tuple[ctypes.CDLL | None, str]:
    try:
        found = library(Path(__file__).parent / "attend.cpp")
    except NoKernel as wrong:
        return None, str(wrong)
    found.attend.argtypes, found.attend.restype = (c_int64, c_int64, c_void_p, c_void_p, c_void_p), None
    found.attend_most.restype = c_int64
    return (found, "") if found.attend_most() == MOST else (None, "the library is of another version")
