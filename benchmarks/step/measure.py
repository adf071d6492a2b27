"""Seconds and bytes of a step."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

import torch
from torch.profiler import ProfilerActivity, profile

from .variants import Step

TOLERANCE = 1e-3
"""Between norms of gradients (float32) of ways that should compute the same."""


@dataclass
class Measured:
    """One way of making a step."""

    seconds: list[float] = field(default_factory=list)
    """One number a round."""
    peak: int = 0
    """Bytes that tensors of one step hold at most, beyond what was there before it."""


def measure(steps: Mapping[str, Step], *, repeats: int, warm_up: int, device: str) -> dict[str, Measured]:
    """Run all ways in turn, round after round, so that a disturbance of the machine meets all of them.

    Raises:
        RuntimeError: If their first gradients differ: times of different computations are no comparison.
    """
    norms = {name: step() for name, step in steps.items()}
    least, most = min(norms.values()), max(norms.values())
    if not math.isclose(least, most, rel_tol=TOLERANCE):
        raise RuntimeError(f"the norms of the first gradients differ: {norms}")
    found = {name: Measured(peak=peak(step, device)) for name, step in steps.items()}
    for turn in range(warm_up + repeats):
        for name, step in steps.items():
            took = seconds(step, device)
            if turn >= warm_up:
                found[name].seconds.append(took)
    return found


def seconds(step: Step, device: str) -> float:
    """Of one call; on a GPU until all of its work is done."""
    _finish(device)
    start = time.perf_counter()
    step()
    _finish(device)
    return time.perf_counter() - start


def peak(step: Step, device: str) -> int:
    """Bytes of tensors that one call adds at most: on a GPU by its allocator's count, else summed over the profiler's
    record of all that torch allocates and frees. Scratch memory inside of libraries is not seen."""
    if torch.device(device).type == "cuda":
        _finish(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        step()
        _finish(device)
        return torch.cuda.max_memory_allocated(device) - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step()
    events = [event for event in record.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def faster(base: Measured | None, other: Measured) -> float | None:
    """How many times faster ``other`` is: the median over rounds, each of which ran both."""
    if base is None:
        return None
    return median(a / b for a, b in zip(base.seconds, other.seconds, strict=True))


def _finish(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
