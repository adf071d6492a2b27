"""From a spec and an environment to a trained policy in a folder."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from compose.compiler.model import Model
from compose.envs.catalogue import make, schema
from compose.envs.interface import Environment
from compose.graph.schema import EntitySchema
from compose.language.console import console as console_of
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.installed import __version__
from compose.language.load import Loaded
from compose.language.models import Spec
from compose.training import memory
from compose.training.build import build_model
from compose.training.checkpoint import latest
from compose.training.evaluate import AT_ONCE, Score, chance_levels
from compose.training.folder import Json, RunFolder, write_json
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.lock import locked
from compose.training.loggers.catalogue import find
from compose.training.loggers.interface import LoggedRun
from compose.training.loggers.told import Loggers
from compose.training.loggers.video import check_picture
from compose.training.measured import measured
from compose.training.progress import Reporter
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.ranks.parts import check_parts
from compose.training.records import About
from compose.training.resumption import changed_settings, other_schema, other_spec
from compose.training.retry import Retried
from compose.training.say import say
from compose.training.settings import Settings
from compose.training.summary import RunResult, summarise
from compose.training.surroundings import surroundings
from compose.training.tell import Tell, nobody
from compose.training.tell import chance as chance_level
from compose.training.trainer import Trainer
from compose.training.warm_start import warm_start

Build = Callable[..., Model]
Weigh = Callable[[Model, Environment, Settings, Collection[str] | None], memory.MemoryEstimate]

SAME = ("spec_hash", "schema_hash", "env", "seed")
_FORM = ("passes", "native", "precision", "init")


def train(spec: Loaded, env: str | Environment, *, run_dir: str | Path, settings: Settings, seed: int = 0,
          resume: bool = False, device: str | torch.device = "cpu", console: Console | None = None,
          tell: Tell = nobody, build: Build | None = None, weigh: Weigh | None = None, picture: bool = True,
          ranks: Ranks = ALONE) -> RunResult:
    """Train a spec in an environment; everything about it ends up in one folder.

    Killed at any moment and resumed, a run gives bit for bit the weights of one that was never killed (same machine,
    versions and threads).

    Args:
        spec: A loaded spec.
        env: An environment, or its name in the catalogue.
        run_dir: A folder that is empty or does not exist, unless ``resume``.
        settings: Where to stop; how often to evaluate, log and save.
        seed: Of the weights and of every draw.
        resume: Go on from the newest checkpoint in ``run_dir``.
        device: Where the model and (if given by name) the environment live.
        console: Where progress goes; standard error unless told.
        tell: Who is told as data (:mod:`compose.training.tell`).
        build: Makes the model from (spec, schema, seed, device); in the form of the settings unless told.
        weigh: What a training takes; :func:`needed_memory` unless told.
        picture: Draw ``learning_curve.png`` at the end, which takes a second.
        ranks: The processes that train it together; this one leads, the others
            :func:`~compose.training.ranks.follow.follow`.

    Raises:
        SpecError: If the spec, the folder or the settings are wrong, too much memory is needed (``train.memory``), or a
            loss is not finite (``train.not_finite``), or another process trains in the folder (``run.locked``);
            ``train.log`` if a logger is not to be had, ``play.picture`` if an environment without one is to be filmed.
    """
    console = console or console_of(stderr=True)
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    kinds = find(settings.log)
    build = build or partial(build_model, settings=settings)
    model = build(spec, env.schema if isinstance(env, Environment) else schema(env), seed=seed, device=device)
    check_parts(model.graph, ranks)
    env = retried(env if isinstance(env, Environment) else make(env, device=device), settings, console)
    if settings.log_video:
        check_picture(env)
    begin_warm(model, settings, RunFolder(run_dir), console, resume=resume)
    learner = learner_for(model, env, seed, ranks)
    need = (weigh or needed_memory)(model, env, settings, learner.keep).for_one_of(ranks.count)
    check_memory(need, env.device, settings, console, ranks.count)
    with held(RunFolder(run_dir), resume=resume) as folder:
        chance = open_run(folder, spec, learner, settings, resume=resume, console=console)
        begun(folder, learner, chance, tell, resumed=resume)
        ranks.meet()
        for name, level in chance.items():
            say(console, f"chance ({name}): {level}")
        clock = settings.leading(learner.clocks)
        trainer = Trainer(learner, folder, settings, Reporter(console, clock, settings.ends[clock], [seed], tell),
                          Loggers(kinds, partial(say, console)))
        if resume:
            trainer.resume()
        with trainer.loggers.telling(logged(trainer, spec)):
            trainer.run()
        return finish(trainer, chance, picture=picture)


def begin_warm(model: Model, settings: Settings, folder: RunFolder, console: Console, *, resume: bool) -> None:
    """Give a model the weights that the settings name, unless a checkpoint will; say what became of each.

    Raises:
        SpecError: ``train.init``; see :func:`~compose.training.warm_start.warm_start`.
    """
    if settings.init is not None and not (resume and latest(folder) is not None):
        say(console, f"weights of {settings.init.source}: {warm_start(model, settings.init)}")


def begun(folder: RunFolder, learner: Learner, chance: Mapping[str, Score], tell: Tell, *, resumed: bool) -> None:
    """Tell that a run begins, or goes on."""
    tell({"event": "begin", "seed": learner.seed, "run": str(folder.path), "spec": learner.model.spec.name,
          "env": learner.env.schema.name, "resumed": resumed})
    for name, level in chance.items():
        tell(chance_level(learner.seed, name, level))


def logged(trainer: Trainer, spec: Loaded) -> LoggedRun:
    """What loggers are told of a run."""
    learner = trainer.learner
    return LoggedRun(trainer.folder.path, "", learner.model.spec.name, learner.env.schema.name, learner.seed,
                     _spec_text(spec), _settings(trainer.settings), False)


def retried(env: Environment, settings: Settings, console: Console) -> Environment:
    """The environment, its episodes begun again as often as the settings allow."""
    return Retried(env, settings.retry, partial(say, console)) if settings.retry else env


@contextmanager
def held(folder: RunFolder, *, resume: bool) -> Iterator[RunFolder]:
    """The folder of a run, which nobody else trains in meanwhile; unless ``resume``, it is made.

    Raises:
        SpecError: As :meth:`RunFolder.begin` and :func:`~compose.training.lock.locked`.
    """
    if not resume:
        folder.begin()
    with locked(folder.path):
        yield folder


def open_run(folder: RunFolder, spec: Loaded, learner: Learner, settings: Settings, *, resume: bool,
             console: Console) -> dict[str, Score]:
    """Begin the folder of a run, or take it up again, saying what is set otherwise.

    Gives the chance levels, measured if they are asked for.

    Raises:
        SpecError: ``train.exists`` or ``train.folder``; with ``resume``, ``train.resume`` or ``run.damaged``.
    """
    env, seed = learner.env, learner.seed
    about = _about(learner.model, env.schema, seed, settings) | {
        "made": surroundings(spec.document.file), "processes": learner.ranks.count}
    if resume:
        about = _same_run(folder, about, spec, env.schema, console)
    else:
        folder.begin()
    unchanging = {"spec.yaml": _spec_text(spec), "schema.json": env.schema.model_dump_json(indent=2) + "\n"}
    folder.describe(about, unchanging)
    if "chance" not in about and settings.chance_episodes:
        levels = chance_levels(env, settings.chance_episodes, seed=seed)
        about["chance"] = {name: asdict(level) for name, level in levels.items()}
        write_json(folder.path / "run.json", about)
    return {name: Score(**level) for name, level in about.get("chance", {}).items()}


def finish(trainer: Trainer, chance: Mapping[str, Score], *, picture: bool = True) -> RunResult:
    """Write the summary of a training that has come to its end."""
    learner = trainer.learner
    title = f"{learner.model.spec.name} in {learner.env.schema.name}, seed {learner.seed}"
    early = str(trainer.settings.until) if trainer.ended_early else ""
    result = summarise(trainer.folder, title, learner.clocks.read(), chance, trainer.wall_seconds, early,
                       picture=picture)
    summary = json.loads((trainer.folder.path / "summary.json").read_text(encoding="utf-8"))
    trainer.reporter.tell({"event": "summary", "seed": learner.seed, "run": str(trainer.folder.path), **summary})
    return result


def needed_memory(model: Model, env: Environment, settings: Settings,
                  keep: Collection[str] | None = None) -> memory.MemoryEstimate:
    """What a training takes, by the fields that its environment really gives and its learner keeps."""
    learner, schema = model.spec.learner, model.graph.stored or env.schema
    found = measured(env, schema, keep, model.graph.recorded, packed=learner.packed, environments=learner.environments)
    return memory.estimate(model, schema, fields=found.fields, played=min(settings.eval_episodes, AT_ONCE),
                           each=found.each)


def check_memory(need: memory.MemoryEstimate, device: torch.device, settings: Settings, console: Console,
                 processes: int = 1) -> None:
    """Say what a training takes, and refuse it if that is too much: for each of ``processes``, which share a machine's
    memory, but have GPUs of their own. Raises SpecError (``train.memory``)."""
    say(console, str(need) if processes == 1 else f"{need} for each of {processes} processes")
    sharing = processes if device.type == "cpu" else 1
    memory.check(need, settings.memory_limit or int(memory.SHARE * memory.available(device)) // sharing)


def _spec_text(spec: Loaded) -> str:
    """The resolved spec: ancestors and overrides merged."""
    return spec.document.text


def _settings(settings: Settings) -> Json:
    """As plain data."""
    return asdict(settings) | {"init": settings.init and str(settings.init), "log": list(settings.log)}


def _about(model: Model, schema: EntitySchema, seed: int, settings: Settings) -> Json:
    return {
        "spec": model.spec.name, **identity(model.spec, schema, seed),
        "settings": _settings(settings),
        "command": sys.argv, "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "compose": __version__},
    }


def identity(spec: Spec, schema: EntitySchema, seed: int) -> Json:
    """What makes two runs the same run."""
    return {"spec_hash": spec.identity(), "env": schema.name, "schema_hash": schema.hash, "seed": seed}


def _same_run(folder: RunFolder, now: Json, spec: Loaded, schema: EntitySchema, console: Console) -> Json:
    """What is written about the run in the folder, with today's settings.

    Raises:
        SpecError: ``train.resume`` if the run there is another one.
    """
    then = check_same(folder, now, spec, schema)
    told = changed_settings(then.model_dump(), now)
    if told:
        say(console, f"{folder.path} {told}")
    levels = {name: level.model_dump() for name, level in then.chance.items()}
    made = {"made": then.made} if then.made else {}
    return {**now, **made, **({"chance": levels} if levels else {})}


def check_same(folder: RunFolder, now: Json, spec: Loaded, schema: EntitySchema) -> About:
    """What is written about the run in the folder, if it is the one of this spec, schema, environment and seed.

    Raises:
        SpecError: ``train.resume`` with every difference.
    """
    if not folder.exists():
        raise SpecError(Diagnostic("train.resume", "holds no run", where=str(folder.path), hint="leave out --resume"))
    then = folder.record("run.json", About)
    place, other = str(folder.path), [name for name in SAME if getattr(then, name) != now[name]]
    here = "the run there has {} {}, this one {}"
    problems = [Diagnostic("train.resume", here.format(name, getattr(then, name), now[name]), place) for name in other
                if name in ("env", "seed")]
    if "spec_hash" in other:
        hint = f"resume {folder.path / 'spec.yaml'} itself, or train this spec into another folder"
        problems.append(Diagnostic("train.resume", "the run there has another spec; there -> here:", place, hint=hint,
                                   notes=other_spec(folder, spec, schema)))
    if "schema_hash" in other and "env" not in other:
        text = "the environment was another when the run there began; there -> here:"
        problems.append(Diagnostic("train.resume", text, place, notes=other_schema(folder, schema)))
    before = then.settings
    problems += [Diagnostic("train.resume", f"the run there has {name} {before[name]}, this one {value}",
                            where=str(folder.path), hint="numbers would differ in their last bits")
                 for name, value in now.get("settings", {}).items()
                 if name in _FORM and before.get(name, value) != value]
    if problems:
        raise SpecError(*problems)
    return then
