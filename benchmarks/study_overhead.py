"""What a study of many small runs costs beside its trainings: methods x environments x seeds.

    python benchmarks/study_overhead.py                                # 4 x 12 x 10 = 480 runs: minutes
    python benchmarks/study_overhead.py --envs 4                       # 160, methods as often traced a run

The overhead is workers x wall / training - 1. `wall`: seconds from the start of the command to its end, so with Python
starting and all imports. `training`: seconds that all runs spent in their training loops (collecting, updating,
evaluating, writing their checkpoints), as their summaries say. What is left is everything else: planning, starting
workers, tracing methods, beginning and ending folders, leases, looking on, and workers that find nothing left to do.
`start` is the part before the first run was begun, `end` that after the last was done, both times the workers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.table import Table

SPECS = {"vdn": "vdn_attention", "qmix": "qmix_attention", "refil": "refil_group_matching", "pool": "qmix_max_pooling"}
SET = {"learner.replay.batch": 8, "learner.replay.start": 8, "params.embed": 16}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=12, choices=range(1, 13), metavar="1..12")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--updates", type=int, default=120, help="of each run")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.yaml"
        path.write_text(json.dumps(study(given.envs, given.seeds, given.updates)))
        began = time.time()
        subprocess.run([sys.executable, "-m", "compose", "study", "run", str(path), "--runs", f"{folder}/runs",
                        "--workers", str(given.workers)], check=True)
        show(Path(folder) / "runs", given.workers, began, time.time())


def study(envs: int, seeds: int, updates: int) -> dict[str, object]:
    """Four methods in games of different sizes."""
    options = [f"agents={agents},cells={cells},limit={limit}"
               for limit, agents, cells in product((20, 21, 22), (2, 3), (2, 3))]
    return {"compose": 1, "study": "tiny", "specs": {name: {"spec": spec, "set": SET} for name, spec in SPECS.items()},
            "envs": [f"group_matching:{text}" for text in options[:envs]], "seeds": list(range(seeds)),
            "train": {"updates": updates, "eval": {"every": "500 env_steps", "episodes": 16}}}


def show(runs: Path, workers: int, began: float, ended: float) -> None:
    """Add up what the runs say."""
    summaries = list(runs.glob("*/summary.json"))
    times = [json.loads(path.read_text())["wall"]["seconds"] for path in summaries]
    first = min(path.stat().st_ctime for path in runs.glob("*/spec.yaml"))
    last = max(path.stat().st_mtime for path in summaries)
    wall, training = ended - began, sum(times)
    table = Table("runs", "workers", "wall, s", "training, s", "of a run, s", "start, s", "end, s", "overhead")
    table.add_row(str(len(times)), str(workers), f"{wall:.1f}", f"{training:.1f}", f"{training / len(times):.2f}",
                  f"{workers * (first - began):.1f}", f"{workers * (ended - last):.1f}",
                  f"{workers * wall / training - 1:.1%}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
