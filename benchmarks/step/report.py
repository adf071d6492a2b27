"""Measurements as lines of a table and as plain data."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from statistics import median
from typing import Any

import torch

from .cases import Case
from .measure import Measured, faster
from .variants import BY_HAND, PLAIN


def machine(device: str, threads: int) -> dict[str, Any]:
    """What ran it."""
    name = torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else _processor()
    return {"device": device, "processor": name, "threads": threads, "torch": torch.__version__,
            "python": platform.python_version()}


def entry(case: Case, weights: int, found: Mapping[str, Measured]) -> dict[str, Any]:
    """One spec as plain data; ratios say how many times faster than the comparator and than the plain form."""
    ways = {
        name: {
            "median_seconds": median(one.seconds), "seconds": one.seconds, "peak_bytes": one.peak,
            "times_faster_than_by_hand": faster(found.get(BY_HAND), one),
            "times_faster_than_plain": faster(found[PLAIN], one),
        }
        for name, one in found.items()
    }  # fmt: skip
    return {"spec": case.spec.spec.name, "env": case.env, "weights": weights, "steps": case.steps,
            "valid": case.valid, "ways": ways}


def head() -> str:
    """The columns."""
    return f"{'':10}{'s / step':>10}{'fastest':>10}{'slowest':>10}{'x by hand':>11}{'x plain':>9}{'peak MiB':>10}"


def lines(row: Mapping[str, Any]) -> str:
    """One spec: a line about it, then one for each way."""
    shown = [f"{row['spec']}, {row['env']}: {row['weights']:,} weights, {row['steps']} steps, {row['valid']:.0%} valid"]
    for name, way in row["ways"].items():
        by_hand, plain = ("" if ratio is None else f"{ratio:.2f}" for ratio in (
            way["times_faster_than_by_hand"], way["times_faster_than_plain"]))
        times = (way["median_seconds"], min(way["seconds"]), max(way["seconds"]))
        shown.append(f"  {name:8}" + "".join(f"{x:10.4f}" for x in times)
                     + f"{by_hand:>11}{plain:>9}{way['peak_bytes'] / 2**20:10,.0f}")
    return "\n".join(shown)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
