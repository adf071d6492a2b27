"""Seconds for one gradient step (all losses, backward, optimiser) at the papers' sizes, on random full-length episodes.

    python benchmarks/bench_step.py [--threads 2] [--repeats 5]

The plain form, without optimising passes. Batch 32; 60 steps (REFIL, QMIX on SMAC 3-8sz) or 50 (Group Matching).
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import torch
from rich.console import Console
from rich.table import Table

from compose.compiler.compile import compile
from compose.compiler.fake_batch import fake_batch
from compose.envs import catalogue
from compose.language.load import load
from compose.training.optim import Optimizers

CASES = (("refil", "smac/3-8sz", 60), ("qmix_attention", "smac/3-8sz", 60), ("refil_vdn", "smac/3-8sz", 60),
         ("refil_group_matching", "group_matching", 50), ("qmix_attention_group_matching", "group_matching", 50))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    table = Table("spec", "environment", "weights", "s / step (median)", "fastest",
                  title=f"{given.threads} threads, batch {given.batch}")
    for spec, env, steps in CASES:
        times, weights = measure(spec, env, steps, given.batch, given.repeats)
        table.add_row(spec, env, f"{weights:,}", f"{median(times):.3f}", f"{min(times):.3f}")
    Console().print(table)


def measure(spec: str, env: str, steps: int, batch: int, repeats: int) -> tuple[list[float], int]:
    """Seconds of each repeat, and the number of weights."""
    schema = catalogue.schema(env)
    model = compile(load(spec), schema)
    fields = dict(fake_batch(schema, 0, batch=batch, time=steps).items())
    draws = model.draw("learn", 0, 0, torch.arange(batch))
    optimizers = Optimizers(model, model.spec.learner.optimizers)
    times = []
    for turn in range(repeats + 1):
        start = time.perf_counter()
        optimizers.update(lambda: model.learn(fields, draws))
        if turn:
            times.append(time.perf_counter() - start)
    return times, sum(w.numel() for w in model.parameters())


if __name__ == "__main__":
    main()
