"""Where several runs that were saved one after the other stood together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.checkpoint import latest, stands
from compose.training.clocks import Clocks
from compose.training.folder import RunFolder, write_whole
from compose.training.pruning import numbered
from compose.training.trainer import Trainer

Moment = tuple[int, int]
"""Episodes and updates."""


def resume_together(trainers: Sequence[Trainer]) -> None:
    """Take up every run at the newest moment that all of them saved.

    All runs are saved in one round, one after the other. A kill within a round leaves some a checkpoint ahead; they go
    back by one, and it is made again. Runs that had come to their end in an earlier round are left there.

    Raises:
        SpecError: ``train.together`` if there is no such moment, ``run.file`` or ``run.damaged`` if a file is not as a
            run writes it. Nothing has been changed then.
    """
    for trainer in trainers:
        trainer.look(latest(trainer.folder))
    running = [trainer for trainer in trainers if not trainer.finished()]
    together = min((_moment(trainer.learner.clocks) for trainer in running), default=None)
    ahead = [trainer for trainer in trainers if together is not None and _moment(trainer.learner.clocks) != together]
    able = [trainer for trainer in ahead if _moment(_stands(_before(trainer.folder))) == together]
    problems = [Diagnostic(
        "train.together", f"stands at episode {trainer.learner.clocks.episodes}, another run does not, and all must "
        "stand at one", where=str(trainer.folder.path), hint="resume them one after the other: without --together",
    ) for trainer in running if trainer in ahead and trainer not in able]
    if problems:
        raise SpecError(*problems)
    for trainer in able:
        _go_back(trainer)
    for trainer in trainers:
        trainer.resume()


def _before(folder: RunFolder) -> Path | None:
    """The checkpoint before the newest, if it is still there."""
    newest = latest(folder)
    older = [] if newest is None else [path for path in numbered(folder) if int(path.name) < int(newest.name)]
    return older[-1] if older else None


def _go_back(trainer: Trainer) -> None:
    pointer, before = trainer.folder.checkpoints / "latest", _before(trainer.folder)
    if before is None:
        pointer.unlink()
    else:
        write_whole(pointer, before.name + "\n")
    trainer.look(before)


def _stands(checkpoint: Path | None) -> Clocks:
    return Clocks() if checkpoint is None else stands(checkpoint)


def _moment(clocks: Clocks) -> Moment:
    return clocks.episodes, clocks.updates
