"""The JSON that marl-eval reads: ``{environment: {task: {algorithm: {run: {step_k, absolute_metrics}}}}}``.

It reads no file in which environments, algorithms and runs are not all of one shape, so what does not fit is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.curves import WINDOW, RunCurve
from compose.study.gathering import Line
from compose.study.statistics.scores import LeftOut

Data = dict[str, dict[str, dict[str, dict[str, dict[str, dict[str, Any]]]]]]
NORMALISED = "return"
"""What is usually normalised: other names must not have it as a part between underscores."""
UNEVEN = 0.25
"""How much (of itself) the distance between evaluations may differ between runs."""


def marl_eval(lines: Sequence[Line], window: int = WINDOW) -> tuple[Data, list[LeftOut]]:
    """The data, and what was left out or is to be known.

    ``skirmish/3m`` is the task ``3m`` of the environment ``skirmish``. Values are those of single episodes.
    ``absolute_metrics`` are the episodes of a run's last ``window`` evaluations (marl-eval means 10 times the episodes
    on the best policy of training, which runs here do not keep).

    Raises:
        SpecError: ``export.tasks`` if in some environment no task has all algorithms; ``export.names`` if two names
            differ in upper and lower case alone, which it does not tell apart.
    """
    data: Data = {}
    out: list[LeftOut] = []
    for env, tasks in _families(lines).items():
        shaped, left = _same_shape(env, tasks)
        measures, more = _measures(env, [run for methods in shaped.values() for runs in methods.values()
                                         for run in runs])
        count = min(len(run) for methods in shaped.values() for runs in methods.values() for run in runs)
        names = _run_names([runs for methods in shaped.values() for runs in methods.values()])
        data[env] = {task: {name: {label: _run(run, measures, count, window)
                                   for label, run in zip(names, runs, strict=True)}
                            for name, runs in methods.items()} for task, methods in shaped.items()}
        out += [*left, *more, *_uneven(env, shaped, count), *_slips(env, data[env])]
    return data, out


def _families(lines: Sequence[Line]) -> dict[str, dict[str, dict[str, tuple[RunCurve, ...]]]]:
    """Runs by environment, task and algorithm."""
    found: dict[str, dict[str, dict[str, tuple[RunCurve, ...]]]] = {}
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in lines:
        family, _, rest = re.sub("[/:]", "\0", line.env, count=1).partition("\0")
        place = (family, rest or family, line.name.replace(",", ";"))
        for n in (1, 2, 3):
            low = tuple(part.lower() for part in place[:n])
            if spelled.setdefault(low, place[:n]) != place[:n]:
                text = f"'{place[n - 1]}' and '{spelled[low][-1]}' are one name to marl-eval, which lowers all"
                raise SpecError(Diagnostic("export.names", text, hint="export them to two files"))
        found.setdefault(family, {}).setdefault(place[1], {})[place[2]] = line.runs
    return found


def _same_shape(env: str, tasks: Mapping[str, Mapping[str, tuple[RunCurve, ...]]]) \
        -> tuple[dict[str, dict[str, tuple[RunCurve, ...]]], list[LeftOut]]:
    """Tasks that all algorithms have, with as many runs of each: those of the first seeds."""
    methods = list(dict.fromkeys(name for task in tasks.values() for name in task))
    whole = {task: found for task, found in tasks.items() if len(found) == len(methods)}
    out = [LeftOut(f"{env}, {task}", f"{', '.join(sorted(set(methods) - set(found)))} has no run in it")
           for task, found in tasks.items() if task not in whole]
    if not whole:
        text = f"no task of {env} has runs of all: {', '.join(methods)}"
        raise SpecError(Diagnostic("export.tasks", text, hint="name runs of the same environments"))
    least = min(len(runs) for found in whole.values() for runs in found.values())
    for task, found in whole.items():
        for name, runs in found.items():
            if len(runs) > least:
                dropped = ", ".join(str(run.about.seed) for run in runs[least:])
                out.append(LeftOut(f"{env}, {task}, {name}", f"seeds {dropped}, since others have {least} runs"))
    return {task: {name: found[name][:least] for name in methods} for task, found in whole.items()}, out


def _measures(env: str, runs: Sequence[RunCurve]) -> tuple[dict[str, str], list[LeftOut]]:
    """What all runs measure in numbers -> what it is called."""
    every = dict.fromkeys(name for run in runs for name in run.measures)
    found, out = {}, []
    for name in every:
        if not all(name in run.measures for run in runs):
            out.append(LeftOut(f"{env}, {name}", "not all runs measure it"))
        elif not all(np.isfinite(values).all() for run in runs for values in run.values(name)):
            out.append(LeftOut(f"{env}, {name}", "it was no number in some episode"))
        else:
            parts = name.split("_")
            found[name] = name.replace("_", "-") if len(parts) > 1 and NORMALISED in parts else name
    return found, out


def _run_names(groups: Sequence[Sequence[RunCurve]]) -> list[str]:
    """``seed_3`` where all have the same seeds, else ``run_0``: names must be the same everywhere."""
    seeds = {tuple(run.about.seed for run in runs) for runs in groups}
    return [f"seed_{seed}" for seed in min(seeds)] if len(seeds) == 1 else [f"run_{i}" for i in range(len(groups[0]))]


def _run(run: RunCurve, measures: Mapping[str, str], count: int, window: int) -> dict[str, dict[str, Any]]:
    values = {told: [found.tolist() for found in run.values(name)] for name, told in measures.items()}
    steps = {f"step_{k}": {"step_count": int(run.env_steps[k]), **{name: found[k] for name, found in values.items()}}
             for k in range(count)}
    last = run.chosen(None, window)
    return {**steps, "absolute_metrics": {name: [x for k in last for x in found[k]] for name, found in values.items()}}


def _uneven(env: str, shaped: Mapping[str, Mapping[str, Sequence[RunCurve]]], count: int) -> list[LeftOut]:
    """Evaluations that are cut, and that do not belong together by their rank."""
    runs = [run for methods in shaped.values() for found in methods.values() for run in found]
    out = [LeftOut(str(run.folder), f"evaluations after the first {count} ({len(run) - count} of them): others have no "
                                    "more") for run in runs if len(run) > count]
    apart = [float(np.median(np.diff(run.env_steps))) for run in runs if len(run) > 1]
    if apart and max(apart) > (1 + UNEVEN) * min(apart):
        out.append(LeftOut(env, f"evaluations are {min(apart):,.0f} to {max(apart):,.0f} steps apart: marl-eval puts "
                                "the k-th of all runs at one place"))
    return out


def _slips(env: str, tasks: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]]) -> list[LeftOut]:
    """Tasks whose largest return marl-eval 0.0.4 misses: a list that lowers its minimum raises no maximum."""
    out = []
    for task, methods in tasks.items():
        lists = [step[NORMALISED] for runs in methods.values() for steps in runs.values() for step in steps.values()]
        low, high = min(lists[0]), max(lists[0])
        for values in lists[1:]:
            if min(values) < low:
                low = min(values)
            else:
                high = max(high, *values)
        most = max(max(values) for values in lists)
        if high < most:
            out.append(LeftOut(f"{env}, {task}", f"marl-eval 0.0.4 will take {high:g} for the largest return, which is "
                                                 f"{most:g}: normalised returns pass 1"))
    return out
