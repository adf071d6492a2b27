"""What several seeds together cost, as a multiple of one: collecting, updating, evaluating, and a training of them.

    python benchmarks/bench_seeds.py [--seeds 16] [--threads 2] [--repeats 3]

One seed runs as `compose train` runs it, with all threads and with one; together they run as `--together` does. They
take turns in one process, so that whatever else the machine does falls on all; medians. The ratio is to the faster way
of running one: where other work holds the cores, several threads of one operation wait for each other, and one seed
with all threads would be a comparator that flatters. "training" is the mix of a real run: one collection, the updates
that it makes due, and its share of an evaluation of 32 episodes every 10,000 steps. A ratio equal to the number of
seeds means that nothing was won over runs one after the other. "work" is the ratio of CPU seconds, all threads added
up, to those of one seed with one thread: what is left of it on C idle cores is at least work / C.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from compose.envs.catalogue import make
from compose.language.load import load
from compose.training.build import build_model
from compose.training.evaluate import evaluate
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.together.evaluate import evaluate_together
from compose.training.together.group import Group
from compose.training.together.workers import Workers

CASES = (("examples/quick_refil.yaml", "group_matching/small"), ("refil_group_matching", "group_matching"))
PARTS = ("collect", "update", "evaluate", "training")
EVALUATED, EVERY = 32, 10_000


class Seconds(NamedTuple):
    """On the clock, and of all cores added up."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--at-once", type=int, help="seeds in one stacked pass; as --together chooses unless told")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    table = Table("spec", "environment", "part", f"one, {given.threads} threads, s", "one, 1 thread, s",
                  f"{given.seeds} together, s", "ratio", "work",
                  title=f"{given.seeds} seeds, {given.threads} threads, {given.device}")
    for spec, env in CASES:
        times = measure(spec, env, given.seeds, given.repeats, given.at_once, given.device)
        for part in PARTS:
            wide, one, many = (times[who, part] for who in ("all threads", "one thread", "together"))
            fastest = min(wide.wall, one.wall)
            table.add_row(spec, env, part, f"{wide.wall:.3f}", f"{one.wall:.3f}", f"{many.wall:.3f}",
                          f"{many.wall / fastest:.1f}", f"{many.cpu / one.cpu:.1f}")
        table.add_section()
    Console(width=130).print(table)


def measure(spec: str, env: str, seeds: int, repeats: int, at_once: int | None,
            device: str) -> dict[tuple[str, str], Seconds]:
    """By who and what."""
    (one,), many = (learners(spec, env, numbers, device) for numbers in ([0], range(1, seeds + 1)))
    on_cpu = device == "cpu"
    workers = Workers(min(torch.get_num_threads(), seeds) if on_cpu else 1)
    group = Group(many, workers, at_once or (1 if on_cpu else seeds))
    first = [0] * seeds
    alone: dict[str, Callable[[], object]] = {
        "collect": one.collect, "update": one.update,
        "evaluate": lambda: evaluate(one.model, one.env, EVALUATED, seed=0)}  # fmt: skip
    turns: dict[str, dict[str, Callable[[], object]]] = {
        "all threads": alone, "one thread": alone,
        "together": {"collect": group.collect, "update": group.update,
                     "evaluate": lambda: evaluate_together(many, EVALUATED, first, group.act)},
    }  # fmt: skip
    while one.due() <= 0:
        one.collect()
        group.collect()
    threads: dict[str, AbstractContextManager[object]] = {"all threads": nullcontext(), "one thread": OneThread()}
    found: dict[tuple[str, str], list[Seconds]] = defaultdict(list)
    for turn in range(repeats + 1):
        for part in PARTS[:-1]:
            for who in turns:
                seconds = timed(turns[who][part], device, workers if who == "together" else threads[who])
                if turn:
                    found[who, part].append(seconds)
    times = {key: Seconds(median(s.wall for s in all_), median(s.cpu for s in all_)) for key, all_ in found.items()}
    ratio, played = one.settings.updates, one.settings.environments
    updates = played * ratio.updates / ratio.episodes
    share = played * one.clocks.env_steps / one.clocks.episodes / EVERY
    for who in turns:
        weights = {"collect": 1.0, "update": updates, "evaluate": share}
        times[who, "training"] = Seconds(sum(w * times[who, part].wall for part, w in weights.items()),
                                         sum(w * times[who, part].cpu for part, w in weights.items()))
    return times


def learners(spec: str, env: str, seeds: Sequence[int], device: str) -> list[Learner]:
    loaded, world = load(spec), make(env, device=device)
    return [learner_for(build_model(loaded, world.schema, seed=seed, device=device), world, seed) for seed in seeds]


class OneThread:
    """Torch uses one thread while it is open."""

    def __enter__(self) -> None:
        self.before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        torch.set_num_threads(self.before)


def timed(work: Callable[[], object], device: str, threads: AbstractContextManager[object]) -> Seconds:
    with threads:
        start, spent = time.perf_counter(), time.process_time()
        work()
        if device != "cpu":
            torch.cuda.synchronize(device)
        return Seconds(time.perf_counter() - start, time.process_time() - spent)


if __name__ == "__main__":
    main()
