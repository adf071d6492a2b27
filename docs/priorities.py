"""``python docs/priorities.py RUNS FILE``: a picture of the seeds in a folder, how much is solved and how tasks weigh.

Reads ``evals.jsonl`` and ``metrics.jsonl`` of every seed, where the spec logs ``priority``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def rows(run: Path, log: str) -> list[dict[str, Any]]:
    """The rows of a log."""
    return [json.loads(line) for line in (run / f"{log}.jsonl").read_text(encoding="utf-8").splitlines()]


def show_solved(axes: Axes, run: Path) -> None:
    """The share of all evaluation episodes that were solved."""
    curve: dict[int, list[bool]] = {}
    for row in rows(run, "evals"):
        curve.setdefault(row["env_steps"], []).append(row["success"])
    axes.plot(list(curve), [fmean(solved) for solved in curve.values()], label=run.name.replace("_00", " "))


def show_priorities(axes: Axes, run: Path, batch: int, *, named: bool) -> None:
    """The mean priority of each task's episodes, as multiples of equal ones."""
    found = [row for row in rows(run, "metrics") if "log/priority" in row]
    names = sorted({name for row in found for name in row if name.startswith("log/priority/")})
    for number, name in enumerate(names, 3):
        held = [row for row in found if name in row]
        axes.plot([row["env_steps"] for row in held], [batch * row[name] for row in held], color=f"C{number}",
                  alpha=0.8, label=name.removeprefix("log/priority/") if named else None)


def main(runs: Path, out: Path, batch: int = 32) -> None:
    """Write the picture."""
    chance = json.loads((runs / "summary.json").read_text(encoding="utf-8"))["chance"]["random"]["success"]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, run in enumerate(sorted(runs.glob("seed_*"))):
        show_solved(left, run)
        show_priorities(right, run, batch, named=number == 0)
    left.axhline(chance, color="grey", linestyle="--", linewidth=1, label="random play")
    right.axhline(1, color="grey", linestyle="--", linewidth=1)
    left.set(ylabel="solved, all tasks", ylim=(-0.02, 1.02))
    right.set(ylabel=f"priority of an episode, times {batch}")
    for axes in (left, right):
        axes.set_xlabel("environment steps")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(out, dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
