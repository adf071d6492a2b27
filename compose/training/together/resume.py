"""Where several runs that were saved one after the other stood together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.checkpoint import latest, read_state
from compose.training.clocks import Clocks
from compose.training.folder import reading, write_whole
from compose.training.trainer import Trainer

Moment = tuple[int, int]
"""Episodes and updates."""


def resume_together(trainers: Sequence[Trainer]) -> None:
    """Take up every run at the newest moment that all of them saved; runs that came to their end are left there.

    All runs are saved in one round, one after the other. A kill within a round leaves some a checkpoint ahead; they go
    back by one, and it is made again.

    Raises:
        SpecError: ``train.together`` if there is no such moment, ``run.file`` or ``run.damaged`` if a file is not as a
            run writes it.
    """
    for trainer in trainers:
        trainer.learner.clocks = _stands(latest(trainer.folder))
    running = [trainer for trainer in trainers if not trainer.finished()]
    together = min((_moment(trainer.learner.clocks) for trainer in running), default=(0, 0))
    for trainer in running:
        if _moment(trainer.learner.clocks) != together:
            _go_back(trainer, together)
    for trainer in trainers:
        trainer.resume()


def _go_back(trainer: Trainer, to: Moment) -> None:
    """Point ``latest`` at the checkpoint before it."""
    newest = latest(trainer.folder)
    assert newest is not None, "without one it stands at the beginning, ahead of no other"
    before = newest.with_name(f"{int(newest.name) - 1:06d}") if int(newest.name) > 1 else None
    kept = before is None or before.is_dir()
    if not kept or _moment(_stands(before)) != to:
        raise SpecError(Diagnostic(
            "train.together", f"stands at episode {trainer.learner.clocks.episodes}, another at {to[0]}, but all must "
            "stand at one", where=str(trainer.folder.path), hint="resume them one after the other: without --together",
        ))
    pointer = trainer.folder.checkpoints / "latest"
    if before is None:
        pointer.unlink()
        trainer.learner.clocks = Clocks()
    else:
        write_whole(pointer, before.name + "\n")


def _stands(checkpoint: Path | None) -> Clocks:
    if checkpoint is None:
        return Clocks()
    state = read_state(checkpoint)
    with reading(checkpoint):
        return Clocks(**state["clocks"])


def _moment(clocks: Clocks) -> Moment:
    return clocks.episodes, clocks.updates
