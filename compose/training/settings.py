"""How long to train and how often to look; nothing here but `precision` and `init` changes what is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.clocks import Clocks
from compose.training.until import Until
from compose.training.warm_start import WarmStart


@dataclass(frozen=True)
class Settings:
    """At least one of ``env_steps``, ``episodes`` and ``updates`` says where to stop; the first reached ends the run.

    Raises:
        SpecError: ``train.settings`` if no end is given or a number is not positive.
    """

    env_steps: int | None = None
    """Steps of single episodes that end the run."""
    episodes: int | None = None
    """Episodes that end the run."""
    updates: int | None = None
    """Updates that end the run."""
    until: Until | None = None
    """Stop sooner, at the evaluation with which this has held."""
    eval_every: int = 10_000
    """Environment steps between evaluations; there is one at the start and one at the end in any case."""
    eval_episodes: int = 32
    """Episodes of each evaluation."""
    log_every: int = 1_000
    """Environment steps between rows of metrics."""
    checkpoint_seconds: float = 60.0
    """Seconds between checkpoints."""
    checkpoint_updates: int | None = None
    """Updates between checkpoints, if that comes sooner."""
    chance_episodes: int = 0
    """Episodes for each chance level (random play, each plain action always); 0 measures none."""
    threads: int | None = None
    """Threads of torch; its own choice unless told. Bit-for-bit resumption needs the same number."""
    passes: bool = True
    """Rewrite the program that learns; the plain form computes the same, slower."""
    native: bool = False
    """Run programs through ``torch.compile``."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of matrix products when learning; bfloat16 changes what is learned a little."""
    memory_limit: int | None = None
    """Bytes that may be used; 80 % of what is available unless told."""
    retry: int = 0
    """How often episodes whose environment raised are begun again."""

    init: WarmStart | None = None
    """Weights to begin with, instead of those of the seed."""
    log: tuple[str, ...] = ()
    """Loggers by name, which are told of metrics and evaluations too (:mod:`compose.training.loggers`)."""
    log_video: bool = False
    """Draw the first episode of each evaluation for the loggers."""

    def __post_init__(self) -> None:
        numbers = {name: x for name, x in vars(self).items()
                   if type(x) in (int, float) and name not in ("chance_episodes", "retry")}
        problems = [Diagnostic("train.settings", f"must be positive, got {x}", where=name)
                    for name, x in numbers.items() if x <= 0]
        if self.env_steps is None and self.episodes is None and self.updates is None:
            problems.append(Diagnostic("train.settings", "say when to stop: env_steps, episodes or updates"))
        if self.log_video and not self.log:
            problems.append(Diagnostic("train.settings", "goes with --log", where="--log-video"))
        if problems:
            raise SpecError(*problems)

    @property
    def ends(self) -> dict[str, int]:
        """The readings at which to stop."""
        given = {"env_steps": self.env_steps, "episodes": self.episodes, "updates": self.updates}
        return {name: x for name, x in given.items() if x is not None}

    def leading(self, clocks: Clocks) -> str:
        """The clock to show progress by: the end that is nearest, relatively."""
        now = clocks.read()
        return max(self.ends, key=lambda name: now[name] / self.ends[name])
