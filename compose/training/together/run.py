"""Several seeds of one spec trained together, each into a run folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from compose.envs.catalogue import make, schema
from compose.envs.guard import Broken, Watched
from compose.envs.interface import Environment
from compose.language.console import console as console_of
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import Loaded
from compose.training.build import build_model
from compose.training.folder import RunFolder
from compose.training.learners import learner_for
from compose.training.loggers.catalogue import find
from compose.training.loggers.told import Loggers
from compose.training.progress import Reporter
from compose.training.run import begin_warm, check_memory, finish, held, logged, needed_memory, open_run, retried
from compose.training.run import begun as tell_begun
from compose.training.say import say
from compose.training.settings import Settings
from compose.training.summary import RunResult
from compose.training.tell import Tell, nobody
from compose.training.together.trainer import TogetherTrainer
from compose.training.trainer import Trainer


def train_together(spec: Loaded, env: str | Environment, seeds: Sequence[int], folders: Sequence[Path], *,
                   settings: Settings, resume: bool = False, device: str | torch.device = "cpu",
                   console: Console | None = None, tell: Tell = nobody, at_once: int | None = None) -> list[RunResult]:
    """What :func:`~compose.training.run.train` does for each seed, as one program.

    Every seed makes the same decisions as alone, and its weights agree to float tolerance (sums of several seeds' rows
    are rounded in another order). Killed and resumed, it goes on bit for bit (same machine, versions and threads).

    Args:
        spec: A loaded spec.
        env: An environment that takes a seed for each episode, or its name in the catalogue.
        seeds: All different.
        folders: One for each seed.
        settings: As for one run; its memory limit is for all.
        resume: Go on from the newest moment that all saved. Folders where no run was begun begin one.
        device: Where the models and (if given by name) the environment live.
        console: Where progress goes; standard error unless told.
        tell: Who is told as data (:mod:`compose.training.tell`).
        at_once: Seeds in one stacked pass. Unless told, one on a CPU, where passes are bound by arithmetic and the
            seeds are shared out among torch's threads; all elsewhere.

    Raises:
        SpecError: As for one run; ``train.together`` if the spec's learner is on-policy, acting draws or records, an
            optimizer steps more than once, the environment takes no seed for each episode, or runs to be resumed do not
            stand at one moment.
    """
    console = console or console_of(stderr=True)
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    if not spec.spec.learner.off_policy:
        raise SpecError(Diagnostic("train.together", f"only replay learners can be trained together, and "
                                   f"{spec.spec.name} learns {spec.spec.learner.kind.replace('_', '-')}",
                                   where="learner.kind", hint="train the seeds apart: without --together"))
    if spec.spec.act.sampled:
        raise SpecError(Diagnostic("train.together", "actions that are drawn from a policy are drawn for one seed at a "
                                   "time", where="act.choose", hint="train the seeds apart: without --together"))
    if spec.spec.record:
        raise SpecError(Diagnostic("train.together", "what acting records is kept for one seed at a time",
                                   where="record", hint="train the seeds apart: without --together"))
    for name, steps in spec.spec.learner.optimizers.items():
        if steps.each is not None or steps.steps > 1:
            raise SpecError(Diagnostic("train.together", f"optimizer '{name}' steps more than once in an update",
                                       where=f"learner.optimizers.{name}.{'steps' if steps.each is None else 'each'}",
                                       hint="train the seeds apart: without --together"))
    if settings.log_video:
        raise SpecError(Diagnostic("train.together", "goes not with --together", where="--log-video",
                                   hint="`compose play` draws episodes afterwards"))
    kinds = find(settings.log)
    known = env.schema if isinstance(env, Environment) else schema(env)
    first = build_model(spec, known, seed=seeds[0], device=device, settings=settings)
    env = retried(env if isinstance(env, Environment) else make(env, device=device), settings, console)
    _check_rows(env)
    on_cpu = torch.device(device).type == "cpu"
    workers = min(torch.get_num_threads(), len(seeds)) if on_cpu else 1
    at_once = at_once or (1 if on_cpu else len(seeds))
    need = needed_memory(first, env, settings, first.reads(acting=False))
    need = need.for_seeds(len(seeds), min(len(seeds), workers * at_once))
    check_memory(need, env.device, settings, console)
    models = [first, *(first.of_seed(seed) for seed in seeds[1:])]
    for model, folder in zip(models, folders, strict=True):
        begin_warm(model, settings, RunFolder(folder), console, resume=resume)
    learners = [learner_for(model, env, seed) for model, seed in zip(models, seeds, strict=True)]
    places = [RunFolder(folder) for folder in folders]
    begun = [resume and place.exists() for place in places]
    with ExitStack() as locks:
        for place, there in zip(places, begun, strict=True):
            locks.enter_context(held(place, resume=there))
        chance = [open_run(place, spec, learner, settings, resume=there, console=console)
                  for place, learner, there in zip(places, learners, begun, strict=True)]
        for place, learner, levels, there in zip(places, learners, chance, begun, strict=True):
            tell_begun(place, learner, levels, tell, resumed=there)
        clock = settings.leading(learners[0].clocks)
        reporter = Reporter(console, clock, settings.ends[clock], seeds, tell)
        trainers = [Trainer(learner, place, settings, reporter, Loggers(kinds, partial(say, console)))
                    for learner, place in zip(learners, places, strict=True)]
        trainer = TogetherTrainer(trainers, reporter, workers, at_once)
        if resume:
            trainer.resume()
        with ExitStack() as logs:
            for one in trainers:
                logs.enter_context(one.loggers.telling(logged(one, spec)))
            trainer.run()
        return [finish(one, levels) for one, levels in zip(trainers, chance, strict=True)]


def _check_rows(env: Environment) -> None:
    """Refuse an environment that does not give each row what that row's seed alone would."""
    numbers = torch.zeros(2, dtype=torch.int64, device=env.device)
    refusal = SpecError(Diagnostic("train.together", "takes one seed for all episodes, not one for each",
                                   where=env.schema.name, hint="train the seeds apart: without --together"))
    singles = [Watched(env, numbers[:1], row).reset() for row in (0, 1)]
    try:
        both = Watched(env, numbers, (0, 1)).reset()
    except Broken as fault:
        if isinstance(fault.__cause__, TypeError | ValueError):
            raise refusal from None
        raise
    for row, alone in enumerate(singles):
        if any(not torch.equal(both[name][row : row + 1], x) for name, x in alone.items()
               if "batch" in env.schema.fields[name].axes):  # fmt: skip
            raise refusal
