"""What every process but the first does: the same, but it writes and says nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from compose.envs.catalogue import make, schema
from compose.language.console import console as console_of
from compose.language.load import Loaded
from compose.training.build import build_model
from compose.training.folder import RunFolder
from compose.training.learners import learner_for
from compose.training.progress import Reporter
from compose.training.ranks.alone import Ranks
from compose.training.ranks.parts import check_parts
from compose.training.ranks.replay import SharedReplay
from compose.training.run import begin_warm, retried
from compose.training.settings import Settings
from compose.training.trainer import Trainer


class Unwritten(RunFolder):
    """The folder of a run that another process writes."""

    def append(self, log: str, *rows: Mapping[str, Any]) -> None:
        """The first process does."""

    def log_sizes(self) -> dict[str, int]:
        """Nothing is there to be saved."""
        return {}

    def cut_logs(self, sizes: Mapping[str, int]) -> None:
        """The first process does."""


class Follower(Trainer):
    """Trains as another process does that saves for both."""

    def save(self) -> None:
        """Give what is to be saved of the replay's part."""
        replay = self.learner.replay
        assert isinstance(replay, SharedReplay)
        replay.serve()
        self.saved()


def follow(spec: Loaded, env: str, *, run_dir: str | Path, settings: Settings, ranks: Ranks, seed: int = 0,
           resume: bool = False, device: str | torch.device = "cpu") -> None:
    """Take part in what :func:`~compose.training.run.train` does in the first process; arguments are as there.

    Raises:
        SpecError: As there, but for the folder's; ``train.ranks`` if another process has ended.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        silent, folder = Console(file=nowhere), Unwritten(run_dir)
        model = build_model(spec, schema(env), seed=seed, device=device, settings=settings)
        check_parts(model.graph, ranks)
        world = retried(make(env, device=device), settings, console_of(stderr=True))
        begin_warm(model, settings, folder, silent, resume=resume)
        learner = learner_for(model, world, seed, ranks)
        clock = settings.leading(learner.clocks)
        ranks.meet()  # the first process has made the folder, or looked at what is there
        trainer = Follower(learner, folder, settings, Reporter(silent, clock, settings.ends[clock], [seed]))
        if resume:
            trainer.resume()
        trainer.run()
