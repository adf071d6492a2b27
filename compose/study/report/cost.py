"""What the runs of a method took, and what they ran with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from compose.study.curves import RunCurve
from compose.study.sides import Side


@dataclass(frozen=True)
class Cost:
    """Of one method."""

    runs: int
    env_steps: int
    hours: float
    """Of training and evaluating, all runs together; nan if a run has no row of metrics."""
    rate: float
    """Environment steps a second: the median of its runs."""


def cost(side: Side) -> Cost:
    """What a method's runs took."""
    runs = side.every()
    seconds = [run.seconds for run in runs]
    rates = [run.reached / run.seconds for run in runs if run.seconds > 0]
    return Cost(len(runs), sum(run.reached for run in runs), sum(seconds) / 3600,
                float(np.median(rates)) if rates else float("nan"))


def ran_with(runs: Iterable[RunCurve]) -> dict[str, list[str]]:
    """Versions and machines of runs: name -> the different values, each with the number of its runs if there are
    several."""
    counted: dict[str, dict[str, int]] = {}
    for run in runs:
        for name, value in {**run.about.versions, **run.about.made}.items():
            if name != "date":
                values = counted.setdefault(name, {})
                values[str(value)] = values.get(str(value), 0) + 1
    return {name: [value if len(values) == 1 else f"{value} ({count} runs)" for value, count in values.items()]
            for name, values in sorted(counted.items())}
