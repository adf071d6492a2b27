"""How processes that ``torchrun`` has started meet, and how one of them tells what went wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from compose.kernels.everywhere import summing
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.ranks.several import Several

PATIENCE = timedelta(hours=2)
"""How long a process waits for others that say nothing, but have not ended."""
WRONG, STOPPED = 2, 130
"""Exit codes of those who leave the telling to another."""


def launched() -> bool:
    """Whether ``torchrun`` has started this process as one of several."""
    return "TORCHELASTIC_RUN_ID" in os.environ and os.environ.get("WORLD_SIZE", "1") != "1"


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """All processes of this training, met; one alone unless :func:`launched`.

    Whatever ends one ends all. One of them raises; the others end in silence (SystemExit).

    Args:
        device: ``cpu`` or ``cuda``, of which each process takes one of its own (:func:`own_device`).
    """
    if not launched():
        yield ALONE
        return
    store, rank, count = next(rendezvous("env://"))
    try:
        on = torch.device(own_device(device))
        dist.init_process_group("nccl" if on.type == "cuda" else "gloo", store=store, rank=rank, world_size=count,
                                timeout=PATIENCE)
        ranks = Several(rank, count, on)
        with summing(ranks.sum):
            yield ranks
    except KeyboardInterrupt:
        if rank > 0:
            raise SystemExit(STOPPED) from None
        raise
    except Exception:
        if not _first(store):
            raise SystemExit(WRONG) from None
        raise
    dist.destroy_process_group()


def own_device(name: str) -> str:
    """The device of this process, where ``cuda`` means one for each. Raises SpecError (``device``)."""
    if not launched() or not name.startswith("cuda"):
        return name
    if name != "cuda":
        raise SpecError(Diagnostic("device", "each process takes a GPU of its own", "--device", hint="--device cuda"))
    here, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if here >= there:
        text = f"there are {there} GPUs for {os.environ['LOCAL_WORLD_SIZE']} processes"
        raise SpecError(Diagnostic("device", text, "--device", hint=f"--nproc-per-node {there}" if there > 1 else ""))
    torch.cuda.set_device(here)
    return f"cuda:{here}"


def _first(store: Any) -> bool:
    """Whether this process is the first to tell that something went wrong."""
    with suppress(RuntimeError):
        return int(store.add("compose/told", 1)) == 1
    return True
