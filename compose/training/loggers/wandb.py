"""Weights & Biases: offline, in ``RUN/wandb``, unless ``WANDB_MODE`` says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compose.training.loggers.interface import LoggedRun, Logger, Outcome


class WandB(Logger):
    """One run of W&B under the same id after every resumption; offline, each part is a folder of its own.

    ``WANDB_MODE``, ``WANDB_PROJECT`` (``compose`` unless told) and whatever else W&B reads from the environment hold.
    """

    run: Any

    def begin(self, run: LoggedRun) -> None:
        import wandb

        mode = os.environ.get("WANDB_MODE", "offline")
        about = {"spec": run.spec, "env": run.env, "seed": run.seed, "settings": dict(run.settings)}
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "compose"), name=run.folder.name, id=run.id, dir=str(run.folder),
            mode=mode, resume="allow" if mode == "online" else None, reinit="create_new", config=about,
            settings=wandb.Settings(silent=True, console="off"),
        )  # fmt: skip
        self.run.define_metric("*", step_metric="env_steps")

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        self.run.log({**values, "env_steps": step})

    def artefact(self, step: int, name: str, file: Path) -> None:
        import wandb

        made = wandb.Video(str(file), format="gif") if file.suffix == ".gif" else wandb.Image(str(file))
        self.run.log({name: made, "env_steps": step})

    def end(self, outcome: Outcome) -> None:
        self.run.finish(exit_code=0 if outcome == "finished" else 1)
