"""Which runs folders hold, and which of them are seeds of one thing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.study.apart import by_lines
from compose.study.curves import RunCurve, read_run
from compose.study.statistics.scores import LeftOut

DEPTH = 5
"""Folders below the one that is named, in which runs are looked for."""


@dataclass(frozen=True)
class Line:
    """Runs of one spec in one environment, which differ in their seeds."""

    name: str
    """The spec's; where two specs have one name, with the lines that differ, or else with its folder."""
    env: str
    runs: tuple[RunCurve, ...]
    """By seed."""

    @property
    def spec_hash(self) -> str:
        """What the spec is, its name apart."""
        return self.runs[0].about.spec_hash


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """The runs among folders and below them, each once, in the order of their paths.

    Raises:
        SpecError: ``run.missing`` with every path that is no folder or holds no run.
    """
    problems: list[Diagnostic] = []
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir():
            siblings = path.parent.iterdir() if path.parent.is_dir() else ()
            near = did_you_mean(path.name, (one.name for one in siblings if one.is_dir()))
            text = f"{path} is a file, not the folder of a run" if path.exists() else f"there is no run {path}"
            problems.append(Diagnostic("run.missing", text, hint=near))
            continue
        here = _below(path)
        if not here:
            hint = "a run is a folder that `compose train` made, with a file run.json"
            problems.append(Diagnostic("run.missing", f"there is no run in {path}", hint=hint))
        for folder in here:
            found.setdefault(folder.resolve(), folder)
    if problems:
        raise SpecError(*dict.fromkeys(problems))
    return list(found.values())


def lines(paths: Iterable[Path]) -> tuple[list[Line], list[LeftOut]]:
    """The runs of folders, those of the same spec and environment together; and which do not count.

    A run without an evaluation does not count, and of two with the same spec, environment and seed, which are the same
    run twice, the one that has come further does.

    Raises:
        SpecError: ``run.missing``, ``run.empty`` if none has been evaluated, ``run.damaged``, ``run.file``.
    """
    runs: list[RunCurve] = []
    problems: list[Diagnostic] = []
    for folder in run_folders(paths):
        try:
            runs.append(read_run(folder))
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(*problems)
    out = [LeftOut(str(run.folder), "has not been evaluated yet") for run in runs if not len(run)]
    groups: dict[tuple[str, str, str], dict[int, RunCurve]] = {}
    for run in runs:
        if len(run):
            about = run.about
            seeds = groups.setdefault((about.spec_hash, about.env, about.schema_hash), {})
            kept = max((seeds.get(about.seed, run), run), key=lambda one: one.reached)
            if about.seed in seeds:
                dropped = run if kept is seeds[about.seed] else seeds[about.seed]
                out.append(LeftOut(str(dropped.folder), f"is {kept.folder} again: the same spec, environment and seed"))
            seeds[about.seed] = kept
    if not groups:
        raise SpecError(*(Diagnostic("run.empty", one.why, one.what) for one in out))
    found = [Line(seeds[min(seeds)].spec, env, tuple(seeds[seed] for seed in sorted(seeds)))
             for (_, env, _), seeds in groups.items()]
    return _told_apart(found), out


def in_envs(found: Sequence[Line], envs: Sequence[str]) -> list[Line]:
    """The lines in these environments, all if none is named. Raises SpecError (``run.env``) for one that has none."""
    there = list(dict.fromkeys(line.env for line in found))
    problems = [Diagnostic("run.env", f"no run here is in {env}", "--env", hint=did_you_mean(env, there)
                           or f"they are in: {', '.join(there)}") for env in envs if env not in there]
    if problems:
        raise SpecError(*problems)
    return [line for line in found if not envs or line.env in envs]


def _told_apart(found: Sequence[Line]) -> list[Line]:
    """With names that are different in each environment."""
    many = Counter((line.name, line.env) for line in found)
    ambiguous = {name for (name, _), count in many.items() if count > 1}
    names: dict[tuple[str, str], str] = {}
    for name in ambiguous:
        specs = {line.spec_hash: line.runs[0].folder / "spec.yaml" for line in found if line.name == name}
        names |= {(name, spec): other for spec, other in by_lines(name, specs).items()}
    named = [replace(line, name=names.get((line.name, line.spec_hash)) or f"{line.name} ({_home(line.runs[0])})")
             if line.name in ambiguous else line for line in found]
    many = Counter((line.name, line.env) for line in named)
    return [replace(line, name=f"{line.name} {line.spec_hash[:6]}-{line.runs[0].about.schema_hash[:4]}")
            if many[line.name, line.env] > 1 else line for line in named]


def _home(run: RunCurve) -> str:
    """What a person calls where a run lies: its folder, or that of its seeds."""
    folder = run.folder.resolve()
    return folder.parent.name if folder.name.startswith("seed") else folder.name


def _below(path: Path) -> list[Path]:
    found = []
    start = len(path.parts)
    for folder, below, files in os.walk(path):
        here = Path(folder)
        if "run.json" in files:
            found.append(here)
            below.clear()
        elif len(here.parts) - start >= DEPTH:
            below.clear()
        below.sort()
    return sorted(found)
