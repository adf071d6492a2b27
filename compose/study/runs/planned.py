"""Which runs a study needs, and where each lies; no torch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field as Limits

from compose.envs import catalogue
from compose.graph.schema import EntitySchema
from compose.study.file.methods import Method
from compose.study.file.model import Study
from compose.study.file.reading import LoadedStudy
from compose.training.records import Record

MOST = 100_000
"""Runs of one study."""
_ENDS = ("env_steps", "episodes", "updates", "until")


class Planned(Record):
    """One run: what decides its numbers, and how far it goes."""

    method: str
    """The label of its method in the study."""
    folder: str
    """The name of its folder among the runs."""
    spec: str
    """The name of its spec's file among the study's."""
    env: str
    """The environment, options included."""
    seed: int
    """Of the weights and of every draw."""
    settings: dict[str, int | str | list[str] | None] = Limits(default_factory=dict)
    """Fields of the training's settings that are not at their defaults."""

    @property
    def ends(self) -> dict[str, int]:
        """The readings of clocks that end it, without an early mark."""
        return {name: x for name in _ENDS[:3] if isinstance(x := self.settings.get(name), int)}

    @property
    def name(self) -> str:
        """For people: ``refil in group_matching, seed 3``."""
        return f"{self.method} in {self.env}, seed {self.seed}"


@dataclass(frozen=True)
class Plan:
    """All runs of a study, and the specs they are of."""

    study: Study
    runs: tuple[Planned, ...]
    specs: dict[str, str]
    """Name of a file -> the resolved spec."""
    file: str = ""
    """The study's own."""

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The labels, in the study's order."""
        return tuple(dict.fromkeys(run.method for run in self.runs))


def planned(loaded: LoadedStudy, methods: Sequence[Method] | None = None, share: float = 1.0) -> Plan:
    """Every method in every environment with every seed, seeds outermost: what is there at any time is balanced.

    Args:
        loaded: The study.
        methods: Which; those of the study unless told.
        share: How much of the way to their ends runs go.
    """
    study, methods = loaded.study, loaded.methods if methods is None else methods
    schemas = {name: catalogue.schema(name) for name in study.envs}
    settings = _settings(study, share)
    texts = {method.label: method.spec.document.text for method in methods}
    runs = tuple(
        _planned(method, schemas[env], env, seed, settings, texts[method.label])
        for seed in study.seeds for env in study.envs for method in methods
    )
    specs = {run.spec: texts[run.method] for run in runs}
    return Plan(study, runs, specs, loaded.document.file)


def _planned(method: Method, schema: EntitySchema, env: str, seed: int, settings: dict[str, Any],
             text: str) -> Planned:
    spec = method.spec.spec
    decides = {
        "spec": spec.identity(), "env": schema.name, "schema": schema.hash, "seed": seed,
        "settings": {name: x for name, x in settings.items() if name not in (*_ENDS, "log")},
    }
    short = re.sub(r"[^\w.=-]+", "-", f"{spec.name}-{schema.name}")[:80]
    return Planned(method=method.label, folder=f"{short}-s{seed}-{digest(decides)}", env=env, seed=seed,
                   spec=f"{spec.name}-{digest(text)}.yaml", settings=settings)


def _settings(study: Study, share: float) -> dict[str, Any]:
    """Of every run: ends (a longer study goes on where a shorter one ended) and what decides numbers."""
    train = study.train
    ends = {name: x if isinstance(x, str) else max(1, round(x * share))
            for name in _ENDS if (x := getattr(train, name)) is not None}
    log = {"log": list(train.log)} if train.log else {}
    return {**ends, **log, "eval_every": train.eval.every.count, "eval_episodes": train.eval.episodes,
            "chance_episodes": train.chance, "threads": train.threads, "precision": train.precision}


def digest(data: Any) -> str:
    """Ten hexadecimal digits of the SHA-256 of plain data."""
    text = data if isinstance(data, str) else json.dumps(data, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def run_path(runs: Path, run: Planned) -> Path:
    """Where a run lies, in the folder of all runs."""
    return runs / run.folder
