"""Whether flat methods learn to win 3m of Skirmish: three seeds each, the table and the figure of docs/skirmish.md.

    python benchmarks/flat_battles.py                                # hours on one core
    python benchmarks/flat_battles.py --methods qmix vdn --env-steps 80000

All methods have the same settings, those of SETTINGS over their own. Seeds of a method are trained together. What has
been trained stays in the folder and is not trained again; table and figure are of all that is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("iql", "vdn", "qmix", "qplex", "ow_qmix", "updet")
SETTINGS = ("learner.environments=16", "learner.replay.batch=16", "act.epsilon.over=60000 env_steps",
            "learner.optimizers.main={kind: adam, lr: 5.0e-4, clip: 10}")
EVALUATED = 64
"""Battles of an evaluation."""

Curve = list[tuple[int, float]]
"""Environment steps and share of battles won, one pair for each evaluation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--seeds", default="0..2")
    parser.add_argument("--env-steps", type=int, default=120_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "flat_battles")
    parser.add_argument("--figure", type=Path, help="where to write the figure, say docs/images/flat_battles.png")
    given = parser.parse_args()
    for method in given.methods:
        if not (given.folder / method).exists():
            train(method, given.folder / method, given.seeds, given.env_steps)
    curves = {m: found for m in given.methods if (found := read(given.folder / m))}
    print(table(curves))
    if given.figure:
        draw(curves, given.figure)


def train(method: str, folder: Path, seeds: str, steps: int) -> None:
    """`compose train`, in a process of its own."""
    command = f"train {method} --env skirmish/3m --together --threads 1 --eval-episodes {EVALUATED}".split()
    where = ["--run", str(folder), "--seeds", seeds, "--env-steps", str(steps)]
    changes = [part for setting in SETTINGS for part in ("--set", setting)]
    subprocess.run([sys.executable, "-m", "compose", *command, *where, *changes], check=True)


def read(folder: Path) -> list[Curve]:
    """The curve of every seed."""
    found = []
    for path in sorted(folder.glob("seed_*/evals.jsonl")):
        won: dict[int, list[bool]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            won.setdefault(row["env_steps"], []).append(row["success"])
        found.append([(steps, fmean(rows)) for steps, rows in won.items()])
    return found


def table(curves: dict[str, list[Curve]]) -> str:
    """Of every method: steps, the mean of the last five evaluations of each seed, and the best evaluation."""
    lines = ["| method | steps | won, last five evaluations: seeds 0, 1, 2 | best evaluation |", "|---|---|---|---|"]
    for method, seeds in curves.items():
        last = ", ".join(f"{fmean(won for _, won in curve[-5:]):.2f}" for curve in seeds)
        best = ", ".join(f"{max(won for _, won in curve):.2f}" for curve in seeds)
        lines.append(f"| `{method}` | {min(curve[-1][0] for curve in seeds):,} | {last} | {best} |")
    return "\n".join(lines)


def draw(curves: dict[str, list[Curve]], path: Path) -> None:
    """A panel for each method, a line for each seed."""
    import matplotlib.pyplot as plt

    wide = min(3, len(curves))
    high = -(-len(curves) // wide)
    size = (1 + 3 * wide, 2.6 * high)
    figure, panels = plt.subplots(high, wide, figsize=size, sharex=True, sharey=True, squeeze=False)
    for panel in panels.flat[len(curves):]:
        panel.axis("off")
    for panel, (method, seeds) in zip(panels.flat, curves.items(), strict=False):
        for number, curve in enumerate(seeds):
            panel.plot([steps / 1000 for steps, _ in curve], [won for _, won in curve], label=f"seed {number}")
        panel.set_title(method)
        panel.grid(alpha=0.3)
        panel.set_ylim(-0.03, 1.03)
    for panel in panels[:, 0]:
        panel.set_ylabel("share won")
    for panel in panels[-1]:
        panel.set_xlabel("thousand environment steps")
    panels.flat[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
