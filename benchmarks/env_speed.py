"""Environment steps per second with uniformly random legal actions, entities and masks included: one table.

    python benchmarks/env_speed.py [NAME@EPISODES ...] [--threads 2] [--seconds 5] [--rounds 3] [--device D] [--torch]

``NAME@EPISODES`` plays that environment with so many episodes at once. Steps of episodes that have ended do not count.
``--torch`` plays every row also without compiled kernels, right after the row itself.
"""

from __future__ import annotations

import argparse
import os
import statistics

import torch

from compose.envs.catalogue import make
from compose.envs.speed import Speed, speed
from compose.kernels.compiled import SWITCH

TABLE = (
    "skirmish/3m@1", "skirmish/3m@128", "skirmish/2s3z@512", "skirmish/3-8sz@256", "skirmish/3-8MMM@256",
    "skirmish/5-11sz@128", "skirmish/5-11csz@128", "skirmish/5-11MMM@128", "skirmish/27m_vs_30m@64",
    "group_matching@1024", "prey/various_num@1024",
)  # fmt: skip


def main() -> None:
    """Print the median round of each row; every round plays all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=TABLE, metavar="NAME@EPISODES")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a row in a round, or one batch of episodes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", action="store_true", help="each row also without kernels")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    mode = os.environ.get(SWITCH, "auto")
    modes = (mode, "off") if given.torch else (mode,)
    found: dict[tuple[str, str], list[Speed]] = {(row, mode): [] for row in given.rows for mode in modes}
    for _ in range(given.rounds):
        for (row, os.environ[SWITCH]), speeds in found.items():
            name, _, batch = row.partition("@")
            speeds.append(speed(make(name, device=given.device), int(batch or 64), given.seconds))
    print(f"{given.threads} threads, {given.device}; median of {given.rounds} rounds (slowest to fastest)")
    print(f"{'environment':24}{'at once':>9}{'steps/s':>12}{'':24}{'ms a step':>10}")
    for (row, mode), speeds in found.items():
        rates = sorted(one.rate for one in speeds)
        step = statistics.median(one.step_ms for one in speeds)
        spread = f"({rates[0]:,.0f} to {rates[-1]:,.0f})"
        name, rate = row.partition('@')[0], statistics.median(rates)
        name += " (torch)" * (given.torch and mode == "off")
        print(f"{name:24}{speeds[0].batch:9d}{rate:12,.0f}  {spread:22}{step:10.1f}")


if __name__ == "__main__":
    main()
