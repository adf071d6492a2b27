"""All evaluation episodes of runs as one CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from compose.study.gathering import Line

ABOUT = ("spec", "env", "seed", "run", "env_steps", "updates", "episode", "task")
SHARED = ("return", "length", "success")


def table(lines: Sequence[Line]) -> str:
    """A header and a row for each episode; ``success`` is 0 or 1, what an environment does not measure is empty."""
    own = sorted({name for line in lines for run in line.runs for name in run.measures} - set(SHARED))
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow((*ABOUT, *SHARED, *own))
    for line in lines:
        for run in line.runs:
            for rows in run.episodes:
                for row in rows:
                    told = {**row, "spec": line.name, "env": line.env, "seed": run.about.seed, "run": str(run.folder)}
                    out.writerow([_plain(told.get(name)) for name in (*ABOUT, *SHARED, *own)])
    return text.getvalue()


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value
