"""Training one spec in one environment with several seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from compose.envs import catalogue
from compose.language.console import console as console_of
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import Loaded
from compose.study.seeds import check_folder, seed_folder
from compose.study.summary import SeedsResult, summarise_seeds
from compose.training.folder import RunFolder
from compose.training.lock import locked
from compose.training.run import check_same, identity, train
from compose.training.say import say
from compose.training.settings import Settings
from compose.training.tell import Tell, nobody
from compose.training.together.run import train_together


def train_seeds(spec: Loaded, env: str, seeds: Sequence[int], *, run_dir: Path, settings: Settings,
                together: bool = False, resume: bool = False, device: str = "cpu",
                console: Console | None = None, tell: Tell = nobody) -> SeedsResult:
    """Train every seed into ``run_dir/seed_NNN``, a folder as :func:`~compose.training.run.train` writes it.

    Args:
        spec: A loaded spec.
        env: Name of an environment.
        seeds: All different.
        run_dir: A folder that is empty or does not exist, unless ``resume``.
        settings: Of every run.
        together: In one program (:func:`~compose.training.together.run.train_together`) instead of one after the other.
        resume: Go on with what is there; seeds that were not begun begin.
        device: Where the models and the environment live.
        console: Where progress goes; standard error unless told.
        tell: Who is told as data (:mod:`compose.training.tell`).

    Raises:
        SpecError: As for one run; ``seeds`` if one seed is to be trained together with itself; before anything is
            written, if a seed's folder holds another run.
    """
    console = console or console_of(stderr=True)
    if together and len(seeds) < 2:
        raise SpecError(Diagnostic("seeds", "one seed has nothing to be trained together with", where="--together",
                                   hint="leave out --together, or name more with --seeds"))
    check_folder(run_dir, seeds, resume=resume)
    folders = [seed_folder(run_dir, seed) for seed in seeds]
    _check_same(spec, env, seeds, folders)
    for folder in folders:
        with locked(folder):
            pass  # a process trains in none of them
    if together:
        results = train_together(spec, env, seeds, folders, settings=settings, resume=resume, device=device,
                                 console=console, tell=tell)
    else:
        results = []
        for seed, folder in zip(seeds, folders, strict=True):
            say(console, f"seed {seed}: {folder}")
            results.append(train(spec, env, run_dir=folder, settings=settings, seed=seed, device=device,
                                 resume=resume and RunFolder(folder).exists(), console=console, tell=tell))
    result = summarise_seeds(run_dir, spec.spec.name, env, dict(zip(seeds, results, strict=True)))
    summary = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    tell({"event": "seeds", "run": str(run_dir), **summary})
    return result


def _check_same(spec: Loaded, env: str, seeds: Sequence[int], folders: Sequence[Path]) -> None:
    problems: list[Diagnostic] = []
    for seed, folder in zip(seeds, map(RunFolder, folders), strict=True):
        if folder.exists():
            try:
                schema = catalogue.schema(env)
                check_same(folder, identity(spec.spec, schema, seed), spec, schema)
            except SpecError as error:
                problems += error.diagnostics
    if problems:
        raise SpecError(*problems)
