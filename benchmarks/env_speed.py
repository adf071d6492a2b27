"""Environment steps per second with uniformly random actions, entities and masks included.

    python benchmarks/env_speed.py [NAME] [--device cpu] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from compose.envs.catalogue import make


def rate(name: str, episodes: int, device: str) -> float:
    """Steps per second over whole episodes, resets included; steps after an episode's end are not counted."""
    environment = make(name, device=device)
    sizes, limit = environment.schema.sizes, environment.schema.limit
    begin = time.perf_counter()
    environment.reset(torch.arange(episodes), seed=0)
    running = torch.ones(episodes, dtype=torch.bool, device=device)
    taken = torch.zeros((), dtype=torch.int64, device=device)
    for _ in range(limit):
        taken += running.sum()
        transition = environment.step(torch.randint(sizes["action"], (episodes, sizes["agent"]), device=device))
        running &= ~(transition.terminated | transition.truncated)
    return int(taken) / (time.perf_counter() - begin)


def main() -> None:
    """Print the median of several runs for three batch sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="group_matching")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for episodes in (64, 1024, 4096):
        rates = [rate(given.name, episodes, given.device) for _ in range(given.runs + 1)][1:]
        print(f"{given.name}: {episodes:5d} episodes {statistics.median(rates):12,.0f} steps/s "
              f"({min(rates):,.0f} to {max(rates):,.0f})")


if __name__ == "__main__":
    main()
