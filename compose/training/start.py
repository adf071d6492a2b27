"""Start a training from names: the one call that most programs need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from rich.console import Console

from compose.envs.interface import Environment
from compose.language.anything import loaded
from compose.training import run as running
from compose.training.settings import Settings
from compose.training.summary import RunResult
from compose.training.until import Until
from compose.training.warm_start import WarmStart

if TYPE_CHECKING:
    from typing import Unpack

    from compose.language.anything import AnySpec


class Wanted(TypedDict, total=False):
    """Fields of :class:`~compose.training.settings.Settings`, which says what each means."""

    env_steps: int | None
    episodes: int | None
    updates: int | None
    until: Until | None
    eval_every: int
    eval_episodes: int
    log_every: int
    checkpoint_seconds: float
    checkpoint_updates: int | None
    chance_episodes: int
    threads: int | None
    passes: bool
    native: bool
    precision: Literal["float32", "bfloat16"]
    memory_limit: int | None
    retry: int
    init: WarmStart | None
    log: tuple[str, ...]
    log_video: bool


def train(spec: AnySpec, env: str | Environment, *, run: str | Path | None = None, seed: int = 0, resume: bool = False,
          device: str = "cpu", quiet: bool = False, **settings: Unpack[Wanted]) -> RunResult:
    """Train a spec in an environment; everything about the run ends up in one folder.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: A name of the catalogue, or an environment.
        run: The folder; ``runs/SPEC-ENV-SEED`` unless told. Empty or not there, unless ``resume``.
        seed: Of the weights and of every random draw.
        resume: Go on from the newest checkpoint, bit for bit.
        device: Where the model and (if given by name) the environment live.
        quiet: Say nothing on standard error.
        settings: Where to stop (``env_steps``, ``episodes`` or ``updates``) and whatever else
            :class:`~compose.training.settings.Settings` holds.

    Raises:
        SpecError: If the spec, the folder or the settings are wrong, too much memory is needed, or a loss is
            not finite.
    """
    found, chosen = loaded(spec), Settings(**settings)
    name = env if isinstance(env, str) else env.schema.name
    folder = default_folder(found.spec.name, name, seed) if run is None else run
    return running.train(found, env, run_dir=folder, settings=chosen, seed=seed, resume=resume, device=device,
                         console=Console(stderr=True, quiet=quiet))


def default_folder(spec: str, env: str, seeds: int | str) -> Path:
    """Where a run goes unless told."""
    return Path("runs", re.sub(r"[^\w.=-]+", "-", f"{spec}-{env}-{seeds}"))
