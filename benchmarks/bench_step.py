"""Seconds and memory of one training step: loss, backward, clipping, optimizer; every way of making it in one run.

    python benchmarks/bench_step.py [--threads 2] [--repeats 7] [--specs refil ...] [--json FILE] [--device cuda]

Ways: by hand (benchmarks/comparator), plain (the spec without passes), passes, and with --compile torch.compile after
them. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler counts memory here; it need not talk
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

import torch
from step.cases import SPECS, STEPS, case
from step.measure import measure
from step.report import entry, head, lines, machine
from step.variants import variants, weights

from compose.language.diagnostics import SpecError
from compose.training.allocator import keep_freed_memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", nargs="+", default=list(SPECS), metavar="SPEC")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7, help="rounds, in which every way runs once")
    parser.add_argument("--warm-up", type=int, default=1, help="rounds before these that do not count")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--mean-length", type=float, default=40,
                        help=f"of {STEPS} steps (default 40); in proportion where episodes are shorter")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="also through torch.compile; a minute or two a spec")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there")
    given = parser.parse_args()
    try:
        cases = [case(name, batch=given.batch, mean_length=given.mean_length) for name in given.specs]
    except (SpecError, ValueError) as error:
        parser.error(str(error))
    torch.set_num_threads(given.threads)
    keep_freed_memory()  # as training does
    print(f"{given.threads} threads, {given.device}, batch {given.batch}, median of {given.repeats} rounds")
    print(head())
    rows = []
    for one in cases:
        ways = variants(one, given.device, native=given.compile)
        found = measure(ways, repeats=given.repeats, warm_up=given.warm_up, device=given.device)
        rows.append(entry(one, weights(one), found))
        print(lines(rows[-1]), flush=True)
    if given.json is not None:
        about = {"batch": given.batch, "repeats": given.repeats, "mean_length": given.mean_length}
        document = {"machine": machine(given.device, given.threads), **about, "rows": rows}
        given.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
