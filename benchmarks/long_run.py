"""The paper's long run on Group Matching: REFIL and QMIX (Attention), a million steps, and what it costs per update.

    python benchmarks/long_run.py                         # 2 specs, 1 seed, 1,000,000 environment steps each
    python benchmarks/long_run.py --env-steps 20000       # a taste, to see the cost

Runs go to ``runs/long_run/SPEC-SEED`` and go on where they stopped when the script is started again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from compose.language.load import load
from compose.training.run import train
from compose.training.settings import Settings

SPECS = ("refil_group_matching", "qmix_attention_group_matching")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", default="group_matching", help="the paper's instance unless told")
    parser.add_argument("--env-steps", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--specs", nargs="+", default=list(SPECS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/long_run"))
    given = parser.parse_args()
    settings = Settings(env_steps=given.env_steps, eval_every=max(10_000, given.env_steps // 100), eval_episodes=80,
                        threads=given.threads, chance_episodes=256)
    table = Table("spec", "seed", "updates", "env steps", "solved", "s / update", "steps / s", "hours")
    for spec in given.specs:
        for seed in given.seeds:
            folder = given.runs / f"{spec}-{seed}"
            train(load(spec), given.env, run_dir=folder, settings=settings, seed=seed, resume=folder.exists())
            table.add_row(spec, str(seed), *costs(folder))
    Console().print(table)


def costs(folder: Path) -> list[str]:
    """Updates, steps, last success rate, seconds for one update with its share of play, rate, hours in all.

    Rates are medians over rows of metrics, so that evaluations and the chance levels do not count.
    """
    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    last, walls = metrics[-1], [row["wall"] for row in metrics if row["wall"]["updates_per_second"] > 0]
    rows = [json.loads(line) for line in (folder / "evals.jsonl").read_text().splitlines()]
    final = [row["success"] for row in rows if row["env_steps"] == rows[-1]["env_steps"]]
    each = 1 / median(wall["updates_per_second"] for wall in walls) if walls else float("nan")
    rate = median(wall["env_steps_per_second"] for wall in walls) if walls else float("nan")
    return [f"{last['updates']:,}", f"{last['env_steps']:,}", f"{sum(final) / len(final):.2f}", f"{each:.3f}",
            f"{rate:,.0f}", f"{last['wall']['seconds'] / 3600:.2f}"]


if __name__ == "__main__":
    main()
