"""What the C library does with memory that tensors no longer need."""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Names of options in glibc's malloc.h."""


def keep_freed_memory() -> bool:
    """Keep memory that is freed for the next tensor instead of handing it back; False where there is no glibc.

    Every training step allocates what the one before it freed. Handed back, hundreds of MB are mapped anew in every
    step, page by page: up to half of a step's time on a CPU. The process then holds its peak, which it needs anyhow.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is None:
        return False
    return bool(option(TRIM_THRESHOLD, 2**31 - 1)) and bool(option(MMAP_MAX, 0))
