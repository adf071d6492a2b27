"""A study whose runs are written at once, as its workers would leave them."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from compose.study.file.reading import LoadedStudy, load_study
from compose.study.runs.planned import Plan, planned, run_path
from compose.study.runs.workspace import Workspace
from tests.study.runs import write_run

ENVS = ("group_matching:agents=2,cells=3,limit=5", "group_matching:agents=3,cells=3,limit=5")
TEXT = f"""compose: 1
study: two
summary: "Two methods <b>beside</b> each other."
specs: [vdn_attention, qmix_attention]
envs: ["{ENVS[0]}", "{ENVS[1]}"]
seeds: 0..3
train: {{env_steps: 5000, chance: 16, eval: {{every: 1k env_steps, episodes: 16}}}}
measure: {{window: 2, at: [3000, 5000]}}
claims:
  better: qmix_attention > vdn_attention
  worse: "qmix_attention < vdn_attention at 3000"
  same: qmix_attention ~ vdn_attention within 0.9 in {ENVS[0]}
"""
RATES = {"vdn_attention": 0.35, "qmix_attention": 0.8}


def made(folder: Path, text: str = TEXT, *, leave: tuple[str, ...] = ()) -> tuple[LoadedStudy, Plan, Workspace]:
    """All runs of a study but those whose name holds one of ``leave``."""
    (folder / "two.yaml").write_text(text)
    loaded = load_study(str(folder / "two.yaml"))
    plan, workspace = planned(loaded), Workspace.of(folder / "runs", loaded.study.study)
    workspace.write(plan)
    for one in plan.runs:
        if any(part in one.name for part in leave):
            continue
        draw = random.Random(one.folder)

        def success(step: int, episode: int, rate: float = RATES[one.method], draw: random.Random = draw) -> bool:
            return draw.random() < rate * (1 - math.exp(-step / 1500))

        path = write_run(run_path(workspace.runs, one), one.method, one.env, one.seed, success=success, episodes=16,
                         chance={"random": {"episodes": 16, "success": 0.1, "returned": -0.7, "length": 5.0}},
                         made={"date": "2026-01-01", "host": f"host{one.seed % 2}", "processor": "a & b", "cores": 2})
        summary = {"env_steps": 5002, "updates": 500, "episodes": 900, "recent": {"success": 0.5},
                   "wall": {"seconds": 50.0}}
        (path / "summary.json").write_text(json.dumps(summary))
    return loaded, plan, workspace
