"""``compose train``: from a spec and an environment to a trained policy in a folder."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from compose.cli import complete
from compose.cli.lines import Lines
from compose.cli.options import (
    LARGEST_SEED,
    Device,
    Plugin,
    Set,
    Spec,
    Threads,
    count,
    count_or_none,
    episodes_count,
    examples,
    finite,
)
from compose.cli.reporting import FAILED, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.training.warm_start import WarmStart

EXAMPLES = examples(
    "compose train refil_group_matching --env group_matching/small --updates 1500",
    "compose train refil --env group_matching --run runs/a --env-steps 200000",
    "compose train refil --env group_matching --run runs/a --env-steps 400000 --resume",
    "compose train vdn_attention --env group_matching --episodes 5000 --seed 3",
    "compose train refil --env group_matching/small --updates 2000 --seeds 0..15 --together --run runs/many",
    "compose train refil --env group_matching/small --updates 2000 --eval-every 1000 --until solved=0.95",
    "compose train mine/refil.yaml --env group_matching --updates 2000 --mark 0.7",
    "compose train refil --env group_matching/small --updates 2000 --log tensorboard --log wandb",
    "compose train refil --env group_matching/small --updates 2000 --json > refil.jsonl",
)
_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9,
          "k": 2**10, "m": 2**20, "g": 2**30}  # fmt: skip


def train(
    spec: Spec,
    env: Annotated[str, typer.Option(
        "--env", metavar="ENV", autocompletion=complete.envs, help="Environment to train in; `compose list envs`.")],
    run: Annotated[Path | None, typer.Option(
        "--run", metavar="DIR", autocompletion=complete.runs, help="Folder of the run.",
        show_default="runs/SPEC-ENV-SEED")] = None,
    seed: Annotated[int | None, typer.Option(
        "--seed", metavar="N", min=0, max=LARGEST_SEED, help="Of the weights and of every random draw.",
        show_default="0")] = None,
    seeds: Annotated[str | None, typer.Option(
        "--seeds", metavar="SEEDS", help="Several runs, each in a folder of its own: 0..4 are five seeds, 0,3,7 three; "
                                         "5 is seed number 5 alone.")] = None,
    together: Annotated[bool, typer.Option("--together", help="Train the seeds in one program.")] = False,
    env_steps: Annotated[int | None, typer.Option(
        "--env-steps", parser=count, metavar="COUNT", help="Stop after so many steps ...")] = None,
    episodes: Annotated[int | None, typer.Option(
        "--episodes", parser=count, metavar="COUNT", help="... or episodes ...")] = None,
    updates: Annotated[int | None, typer.Option(
        "--updates", parser=count, metavar="COUNT", help="... or gradient updates.")] = None,
    until: Annotated[str | None, typer.Option(
        "--until", metavar="MEASURE=VALUE",
        help="Stop sooner, once the mean of the last 5 evaluations is at least this; solved, return or length.",
    )] = None,
    eval_every: Annotated[int, typer.Option(
        "--eval-every", parser=count, metavar="COUNT", help="Steps between evaluations.")] = 10_000,
    eval_episodes: Annotated[int, typer.Option(
        "--eval-episodes", parser=episodes_count, metavar="COUNT", help="Episodes of an evaluation.")] = 32,
    log_every: Annotated[int, typer.Option(
        "--log-every", parser=count, metavar="COUNT", help="Steps between rows of metrics.")] = 1_000,
    checkpoint_updates: Annotated[int | None, typer.Option(
        "--checkpoint-updates", parser=count, metavar="COUNT", help="Updates between checkpoints.",
        show_default="a minute")] = None,
    chance: Annotated[int, typer.Option(
        "--chance", parser=count_or_none, metavar="COUNT", help="First measure play that has learned nothing.")] = 0,
    mark: Annotated[float | None, typer.Option(
        "--mark", metavar="RATE", min=0, max=1, callback=finite,
        help="Exit with 1 if less is solved in the mean of the last 5 evaluations, or less than twice the best chance "
        "level.")] = None,
    threads: Threads = None,
    passes: Annotated[bool, typer.Option(
        "--passes/--no-passes", help="Rewrite the program that learns (`compose describe passes`).")] = True,
    native: Annotated[bool, typer.Option(
        "--compile", help="Run programs through torch.compile; it starts minutes later.")] = False,
    precision: Annotated[Literal["float32", "bfloat16"], typer.Option(
        "--precision", help="Of matrix products when learning.")] = "float32",
    device: Device = "cpu",
    memory_limit: Annotated[str | None, typer.Option(
        "--memory-limit", metavar="SIZE", help="Refuse a run that needs more, e.g. 4GiB.",
        show_default="80% of what is free")] = None,
    retry: Annotated[int, typer.Option(
        "--retry", min=0, max=1000, metavar="N", help="Begin episodes whose environment raised again, at most N times.",
    )] = 0,
    init: Annotated[str | None, typer.Option(
        "--init", metavar="RUN|FILE", autocompletion=complete.runs,
        help="Begin with weights of a run, checkpoint or .safetensors file, as far as names and shapes meet.")] = None,
    only: Annotated[list[str] | None, typer.Option(
        "--only", metavar="NAME", help="With --init: only weights whose names begin so, a network say.")] = None,
    rename: Annotated[list[str] | None, typer.Option(
        "--rename", metavar="OLD=NEW", help="With --init: what begins with OLD there begins with NEW here.")] = None,
    log: Annotated[list[str] | None, typer.Option(
        "--log", metavar="NAME", autocompletion=complete.loggers,
        help="Tell a logger too: tensorboard, wandb or mlflow; may be given several times.")] = None,
    log_video: Annotated[bool, typer.Option(
        "--log-video", help="With --log: the first episode of each evaluation as a GIF.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's newest checkpoint.")] = False,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Annotated[bool, typer.Option("--json", help=(
        "Print records as lines of JSON; what people read goes to standard error."))] = False,
) -> None:
    """Train a spec in an environment. Everything about the run ends up in one folder.

    Say where to stop: --env-steps, --episodes or --updates. A run that was stopped goes on with --resume, bit for bit.
    With `torchrun --nproc-per-node N -m -- compose train ...` N processes share it (docs/several_devices.md).
    """
    lines = Lines() if json else None
    stopped = "interrupted; the same command with --resume goes on from here"
    with reporting(lines=lines, stopped=stopped), ExitStack() as processes:
        from compose.cli.plugins import load_plugins
        from compose.language.console import console
        from compose.language.load import load
        from compose.study.summary import SeedsResult, show_seeds
        from compose.study.train import train_seeds
        from compose.training.ranks.follow import follow
        from compose.training.ranks.join import joined, own_device
        from compose.training.run import train as start
        from compose.training.settings import Settings
        from compose.training.start import default_folder
        from compose.training.summary import RunResult, show
        from compose.training.tell import nobody
        from compose.training.until import Until

        ranks = processes.enter_context(joined(device))
        load_plugins(plugin or ())
        loaded = load(spec, overrides or [])
        if env_steps is None and episodes is None and updates is None:
            text = "say when to stop: --env-steps, --episodes or --updates"
            raise SpecError(Diagnostic("train.settings", text, hint="such as --env-steps 1M"))
        settings = Settings(env_steps=env_steps, episodes=episodes, updates=updates,
                            until=None if until is None else Until.read(until), eval_every=eval_every,
                            eval_episodes=eval_episodes, log_every=log_every,
                            checkpoint_updates=checkpoint_updates, chance_episodes=chance, threads=threads,
                            passes=passes, native=native, precision=precision, retry=retry,
                            init=_init(init, only, rename), log=tuple(log or ()), log_video=log_video,
                            memory_limit=None if memory_limit is None else read_size(memory_limit))
        chosen = _chosen(seed, seeds, together=together)
        if together and (native or precision != "float32"):
            raise SpecError(Diagnostic("usage", "goes with neither --compile nor --precision", where="--together"))
        if ranks.count > 1:
            _one_training({"--seeds": seeds is not None, "--compile": native})
        named = chosen if isinstance(chosen, int) else f"seeds-{seeds}"
        folder = run or default_folder(loaded.spec.name, env, named)
        device = checked_device(own_device(device))
        if isinstance(chosen, int) and not ranks.leads:
            follow(loaded, env, run_dir=folder, settings=settings, ranks=ranks, seed=chosen, resume=resume,
                   device=device)
            return
        result: RunResult | SeedsResult
        if isinstance(chosen, int):
            result = start(loaded, env, run_dir=folder, settings=settings, seed=chosen, resume=resume,
                           device=device, tell=lines or nobody, ranks=ranks)
        else:
            result = train_seeds(loaded, env, chosen, run_dir=folder, settings=settings, together=together,
                                 resume=resume, device=device, tell=lines or nobody)
        if not json and isinstance(result, RunResult):
            show(result, console())
        elif not json and isinstance(result, SeedsResult):
            show_seeds(result, console())
    best_chance = max((level.success for level in result.chance.values()), default=0.0)
    if mark is not None and not reaches(result.recent.success, max(mark, 2 * best_chance), err=json):
        raise typer.Exit(FAILED)


def _one_training(given: dict[str, bool]) -> None:
    """Refuse options that several processes cannot follow. Raises SpecError."""
    refused = [Diagnostic("train.ranks", "goes not with several processes", where=name,
                          hint="start one process for each seed, without torchrun" if name == "--seeds" else "")
               for name, asked in given.items() if asked]
    if refused:
        raise SpecError(*refused)


def _init(source: str | None, only: list[str] | None, rename: list[str] | None) -> WarmStart | None:
    """Weights to begin with. Raises SpecError."""
    from compose.training.warm_start import WarmStart

    if source is not None:
        return WarmStart(source, tuple(only or ()), tuple(rename or ()))
    for option, given in (("--only", only), ("--rename", rename)):
        if given:
            raise SpecError(Diagnostic("usage", "goes with --init", where=option))
    return None


def _chosen(seed: int | None, seeds: str | None, *, together: bool) -> int | tuple[int, ...]:
    """One seed, or several that were asked for by --seeds. Raises SpecError."""
    from compose.study.seeds import read_seeds

    problems = []
    if seed is not None and seeds is not None:
        problems.append(Diagnostic("usage", "say either --seed or --seeds", where="--seed"))
    if together and seeds is None:
        problems.append(Diagnostic("usage", "needs --seeds", where="--together", hint="such as --seeds 0..15"))
    if problems:
        raise SpecError(*problems)
    if seeds is None:
        return seed or 0
    chosen = read_seeds(seeds)
    if len(chosen) == 1:
        number = chosen[0]
        several = f"; {number} seeds are --seeds 0..{number - 1}" if number > 1 else ""
        typer.echo(f"--seeds {number} is one seed, number {number}{several}", err=True)
    return chosen


def reaches(solved: float, mark: float, *, err: bool = False) -> bool:
    """Say whether a mark is reached, on standard error if ``err``."""
    passed = solved >= mark
    typer.echo(f"solved {solved:.2f}, mark {mark:.2f}: {'reached' if passed else 'not reached'}", err=err)
    return passed


def checked_device(name: str) -> str:
    """The name of a device that is there. Raises SpecError."""
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or (device.type != "cuda" and name != "cpu"):
        unknown = Diagnostic("device", f"there is no device '{name}'", "--device", hint="cpu, cuda, cuda:1 ...")
        raise SpecError(unknown)
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type == "cuda" and (device.index or 0) >= count:
        text = "torch finds no GPU here" if not count else f"there are {count} GPUs, numbered from 0"
        raise SpecError(Diagnostic("device", text, "--device", hint="leave it out to train on the CPU"))
    return name


def read_size(text: str) -> int:
    """``4GiB``, ``500 MB`` or a number of bytes. Raises SpecError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)", text.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    number = 0.0 if match is None or unit is None else float(match[1]) * unit
    if not 1 <= number < 2**60:
        shown = text if len(text) < 40 else f"{text[:36]} ..."
        raise SpecError(Diagnostic("size", f"'{shown}' is no amount of memory", "--memory-limit", hint="such as 4GiB"))
    return int(number)
