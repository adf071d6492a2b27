"""Folders of runs as a training leaves them, written at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

STEPS = (0, 1003, 2001, 3000, 4010, 5002)


def write_run(folder: Path, spec: str = "alpha", env: str = "ring/3", seed: int = 0, *, steps: Sequence[int] = STEPS,
              success: Callable[[int, int], bool] = lambda step, episode: episode < step // 1000,
              episodes: int = 6, tasks: Sequence[str] = ("match",), seconds: float = 0.01, **about: Any) -> Path:
    """``success(step, episode)`` says which episodes of an evaluation reach the goal; the return is 2 then, else -1.

    ``tags`` is a measure of the environment's own.
    """
    folder.mkdir(parents=True)
    run = {"spec": spec, "spec_hash": f"hash of {spec}", "env": env, "schema_hash": f"hash of {env}", "seed": seed,
           "settings": {"eval_every": 1000}, "versions": {"compose": "0.1.0", "torch": "2.13.0"}, **about}
    (folder / "run.json").write_text(json.dumps(run))
    rows = [{"env_steps": step, "updates": step // 10, "episode": i, "return": 2.0 if success(step, i) else -1.0,
             "length": 3 + i, "success": success(step, i), "task": tasks[i % len(tasks)], "tags": i}
            for step in steps for i in range(episodes)]
    (folder / "evals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    metrics = [{"env_steps": step, "updates": step // 10, "episodes": step // 5, "wall": {"seconds": step * seconds}}
               for step in steps[1:]]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in metrics))
    return folder


def write_seeds(parent: Path, seeds: int = 3, *, better: int = 0, **more: Any) -> Path:
    """Runs ``seed_000`` ... that differ a little; ``better`` episodes more reach the goal."""
    for seed in range(seeds):
        def success(step: int, episode: int, seed: int = seed) -> bool:
            return episode < step // 1000 + better - seed % 2

        write_run(parent / f"seed_{seed:03d}", seed=seed, success=success, **more)
    return parent
