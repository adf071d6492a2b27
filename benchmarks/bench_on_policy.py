"""Seconds for one epoch of an on-policy learner: collecting its episodes, and one update of every optimizer.

    python benchmarks/bench_on_policy.py [--threads 2] [--repeats 7] [--specs vast ...] [--agents 200 800]

In Gaussian Squeeze, whose epochs are 10 episodes of one step. Ways: plain (the spec without passes) and passes.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import torch

from compose.envs.catalogue import make
from compose.language.load import load
from compose.training.build import build_model
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.settings import Settings

SPECS = ("vast", "vast_qmix", "local_ac_qtran", "local_ac_qmix")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", nargs="+", default=list(SPECS), metavar="SPEC")
    parser.add_argument("--agents", nargs="+", type=int, default=[200, 800], metavar="N")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7, help="epochs, in which every way runs once")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"{given.threads} threads, median of {given.repeats} epochs")
    print(f"{'spec':<14} {'agents':>6} {'weights':>10} {'collect':>9} {'plain':>9} {'passes':>9}  seconds")
    for spec in given.specs:
        for agents in given.agents:
            ways = [learner(spec, agents, passes) for passes in (False, True)]
            rows = [[epoch(way) for way in ways] for _ in range(1 + given.repeats)][1:]
            collect = median(row[1][0] for row in rows)
            plain, passes = (median(row[way][1] for row in rows) for way in (0, 1))
            weights = sum(w.numel() for w in ways[0].model.parameters())
            print(f"{spec:<14} {agents:>6} {weights:>10,} {collect:>9.4f} {plain:>9.4f} {passes:>9.4f}", flush=True)


def learner(spec: str, agents: int, passes: bool) -> Learner:
    """At its beginning."""
    env = make(f"gaussian_squeeze/{agents}")
    model = build_model(load(spec), env.schema, seed=0, settings=Settings(updates=1, passes=passes))
    return learner_for(model, env, 0)


def epoch(one: Learner) -> tuple[float, float]:
    """Seconds of collecting and of updating."""
    start = time.perf_counter()
    while one.due() <= 0:
        one.collect()
    collected = time.perf_counter()
    while one.due() > 0:
        one.update()
    return collected - start, time.perf_counter() - collected


if __name__ == "__main__":
    main()
