"""Whether `make demo` learns whatever the seed, the threads and the rounding: the table of docs/demo.md.

    python benchmarks/demo_seeds.py                                  # seeds 0..19 with 1 and with 2 threads: an hour
    python benchmarks/demo_seeds.py --seeds 0..2 --threads 1,2
    python benchmarks/demo_seeds.py --seeds 0..4 --threads 1 --ways plain,sse,nudged

Every run is the command of `make demo`, its DEMO read from the Makefile, with another seed and number of threads, as a
process of its own. Ways make this processor round as others do: `sse` and `avx2` hold the libraries below torch back
to older instructions, `nudged` moves each initial weight by about a millionth of itself. What has been run stays in the
folder and is not run again; the table and results.json are of all that is there.

CPU seconds are of all threads and hardly depend on what else the machine does; seconds on the clock do.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from compose.language.diagnostics import SpecError
from compose.study.seeds import read_seeds

ROOT = Path(__file__).resolve().parents[1]
START = "import sys; sys.path.insert(0, {here!r}); import demo_seeds; demo_seeds.start(sys.argv.pop(1))"
OLD = {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
AVX2 = {"MKL_CBWR": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
WAYS: dict[str, dict[str, str]] = {"plain": {}, "sse": OLD, "avx2": AVX2, "nudged": {}}
"""What is set in the environment of a process."""
NUDGE = 1e-6

Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0..19")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--ways", default="plain", help=f"of: {', '.join(WAYS)}")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "demo_seeds")
    parser.add_argument("--floor", type=float, default=0.9, help="exit with 1 if any run solves less")
    given = parser.parse_args()
    ways = given.ways.split(",")
    try:
        seeds, threads = read_seeds(given.seeds), read_seeds(given.threads)
    except SpecError as error:
        parser.error(str(error))
    if set(ways) - set(WAYS):
        parser.error(f"ways are {', '.join(WAYS)}, not {given.ways}")
    demo = demo_arguments((ROOT / "Makefile").read_text(encoding="utf-8"))
    given.folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for way in ways:
            for count in threads:
                place = given.folder / f"{way}-threads{count}-seed{seed}"
                if not finished(place, demo):
                    row = run(demo, place, way, count, seed)
                    print(f"{way}, threads {count}, seed {seed}: {row['solved']:.2f}", file=sys.stderr, flush=True)
    rows = [row for path in sorted(given.folder.glob("*/row.json")) if (row := read(path))["demo"] == demo]
    (given.folder / "results.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    return int(any(row["solved"] < given.floor for row in rows))


def demo_arguments(makefile: str) -> list[str]:
    """What `make demo` hands to `compose train`, without the number of threads."""
    found = re.search(r"^DEMO \?= ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    if found is None:
        raise ValueError("the Makefile sets no DEMO")
    words = shlex.split(found[1].replace("\\\n", " "))
    at = words.index("--threads")
    return words[:at] + words[at + 2 :]


def finished(place: Path, demo: Sequence[str]) -> bool:
    """Whether a run of this very command lies there."""
    return (place / "row.json").exists() and read(place / "row.json")["demo"] == list(demo)


def read(path: Path) -> Row:
    row: Row = json.loads(path.read_text(encoding="utf-8"))
    return row


def run(demo: Sequence[str], place: Path, way: str, threads: int, seed: int) -> Row:
    """Train in a process of its own; what came of it is also in ``row.json``."""
    shutil.rmtree(place, ignore_errors=True)
    command = [sys.executable, "-c", START.format(here=str(Path(__file__).parent)), way, "train", *demo,
               "--threads", str(threads), "--seed", str(seed), "--run", str(place)]  # fmt: skip
    began, spent = time.monotonic(), _cpu()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **WAYS[way]}, capture_output=True, text=True)
    wall, cpu = time.monotonic() - began, _cpu() - spent
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    summary = read(place / "summary.json")
    row = {"demo": list(demo), "way": way, "threads": threads, "seed": seed, "solved": summary["recent"]["success"],
           "last": summary["final"]["success"], "chance": max(c["success"] for c in summary["chance"].values()),
           "early": summary["early"], "updates": summary["updates"], "env_steps": summary["env_steps"],
           "exit": done.returncode, "wall": round(wall, 1), "cpu": round(cpu, 1), "processor": processor(),
           "torch": torch.__version__, "python": platform.python_version()}  # fmt: skip
    (place / "row.json").write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return row


def start(way: str) -> None:
    """What such a process does: `compose`, with initial weights that are moved a little if the way says so."""
    from compose.cli import main as compose

    if way == "nudged":
        from compose.training import run as running

        plain = running.build_model

        def nudged(*given: Any, **named: Any) -> Any:
            model = plain(*given, **named)
            random = torch.Generator().manual_seed(1)
            moved = {name: w.detach() * (1 + NUDGE * torch.randn(w.shape, generator=random))
                     for name, w in model.weights.items()}  # fmt: skip
            model.load(moved, {name: moved[name] for name in model.target})
            return model

        running.build_model = nudged
    compose()


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line for each way and number of threads."""
    lines = ["| way | threads | runs | solved: least | median | most | updates | CPU seconds | seconds |",
             "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for way, threads in dict.fromkeys((way, row["threads"]) for way in WAYS
                                      for row in sorted(rows, key=lambda row: row["threads"]) if row["way"] == way):
        group = [row for row in rows if (row["way"], row["threads"]) == (way, threads)]
        solved = [row["solved"] for row in group]
        ranges = (f"{min(x):,.0f} to {max(x):,.0f}" for name in ("updates", "cpu", "wall")
                  if (x := [row[name] for row in group]))
        lines.append(f"| {way} | {threads} | {len(group)} | {min(solved):.3f} | {median(solved):.3f} | "
                     f"{max(solved):.3f} | {' | '.join(ranges)} |")
    made = dict.fromkeys(f"{row['processor']}, Python {row['python']}, torch {row['torch']}" for row in rows)
    return "\n".join([*lines, "", *made])


def processor() -> str:
    """Its name and the instructions that torch uses of it."""
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return f"{found[1] if found else platform.processor() or platform.machine()}, " \
           f"{torch.backends.cpu.get_cpu_capability()}"


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
