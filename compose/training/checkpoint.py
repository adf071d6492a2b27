"""Checkpoints: tensors as safetensors, numbers as JSON; a folder that appears by one rename."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from compose.compiler.packed import packed
from compose.language.atomic_write import sync_folder, temporary
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.clocks import Clocks
from compose.training.folder import STATE, RunFolder, find_run, reading, write_json, write_whole, writing
from compose.training.pruning import drop, drop_chunks, numbered, prune, vacant
from compose.training.records import Chunks, Standing
from compose.training.replay import Replay, check_rows

EACH = 128
"""The most episodes of a chunk: what is read for a moment to be written does not grow with the replay."""


def save_checkpoint(folder: RunFolder, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any],
                    replay: Replay | None = None) -> Path:
    """Write a checkpoint, point ``latest`` at it, and remove what the run wrote and no kept checkpoint needs.

    The replay is written in chunks, each once: a checkpoint adds the episodes since the one before and names every
    chunk that it needs. If chunks are gone, all episodes are written anew.

    Args:
        folder: Of the run.
        groups: File name -> tensors.
        state: Plain data.
        replay: Whose new episodes to add.

    Raises:
        SpecError: ``run.write``; the newest checkpoint is a whole one still. ``run.gone`` if chunks were gone; the
            newest checkpoint is a whole one again.
    """
    before = latest(folder)
    old = [] if before is None else named_chunks(before)
    own = (STATE, *(f"{name}.safetensors" for name in groups))
    for parent in (folder.checkpoints, folder.replay):
        with writing(parent):
            parent.mkdir(exist_ok=True)
    final = vacant(folder, before, own)
    fresh = temporary(final)
    lost = [name for name in old if not (folder.replay / f"{name}.safetensors").is_file()]
    chunks = [] if replay is None else _chunks(replay, [] if lost else old)
    with writing(final):
        try:
            fresh.mkdir()
            about = {**state, "chunks": chunks}
            write_json(fresh / STATE, about, folder=False)  # first: whoever finds it knows the chunks
            if replay is not None:
                _write_chunks(folder, replay, [name for name in chunks if name in lost or name not in old])
            for name, tensors in groups.items():
                write_whole(fresh / f"{name}.safetensors", packed(tensors), folder=False)
            sync_folder(fresh)
            fresh.rename(final)
        except (OSError, SpecError):
            drop_chunks(folder, set(chunks) - set(old))
            drop(fresh, own)
            raise
        sync_folder(folder.checkpoints)
        write_whole(folder.checkpoints / "latest", final.name + "\n")
    prune(folder, final, own)
    if lost:
        raise SpecError(Diagnostic("run.gone", f"{lost[0]}.safetensors is gone, deleted while the run went on",
                                   where=str(folder.replay), hint="nothing is lost: a whole checkpoint has just been "
                                   "written, and the run goes on with --resume"))
    return final


def latest(folder: RunFolder) -> Path | None:
    """The newest checkpoint, if there is one.

    Raises:
        SpecError: ``run.damaged`` if the pointer names none, or is gone while there are checkpoints.
    """
    pointer = folder.checkpoints / "latest"
    with reading(pointer):
        if not pointer.exists():
            if len(numbered(folder)) > 1:  # a kill may leave one that was never named
                raise ValueError("it is gone, though there are checkpoints")
            return None
        return folder.checkpoints / f"{int(pointer.read_text(encoding='utf-8')):06d}"


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The plain data of a checkpoint. Raises SpecError (``run.file``, ``run.damaged``)."""
    return RunFolder(checkpoint).json(STATE)


def stands(checkpoint: Path) -> Clocks:
    """The clocks as they were then. Raises SpecError (``run.file``, ``run.damaged``)."""
    return Clocks(**RunFolder(checkpoint).record(STATE, Standing).clocks.model_dump())


def read_tensors(checkpoint: Path, group: str) -> dict[str, Tensor]:
    """The tensors of one file of a checkpoint.

    Raises:
        SpecError: ``run.file`` if it cannot be read, ``run.damaged`` if a number is not finite.
    """
    path = checkpoint / f"{group}.safetensors"
    try:
        tensors = dict(load_file(path))
    except Exception as error:
        raise SpecError(Diagnostic("run.file", f"cannot be read: {error}", where=str(path))) from None
    with reading(path):
        for name, x in tensors.items():
            if x.is_floating_point() and not bool(x.isfinite().all()):
                raise ValueError(f"{name} holds numbers that are not finite")
    return tensors


def weights_file(source: Path) -> Path:
    """The weights that a path names: the file itself, or those of a checkpoint, or of the newest of a run.

    Raises:
        SpecError: ``run.missing`` or ``run.seeds`` if it names none of these, ``run.file`` if a run has no checkpoint.
    """
    if source.suffix == ".safetensors" and not source.is_dir():
        return source
    run, checkpoint = find_run(source)
    return newest(run, checkpoint) / "weights.safetensors"


def newest(run: RunFolder, checkpoint: Path | None = None) -> Path:
    """That checkpoint, or the newest of a run. Raises SpecError (``run.file``) if there is none."""
    found = checkpoint or latest(run)
    if found is None:
        raise SpecError(Diagnostic("run.file", "holds no checkpoint", where=str(run.path)))
    return found


def restore_replay(folder: RunFolder, checkpoint: Path, replay: Replay) -> None:
    """Fill a replay with the chunks that a checkpoint names.

    Raises:
        SpecError: ``run.file`` if one cannot be read, ``run.damaged`` if it holds other episodes than its name says.
    """
    device, chunks = replay.device, named_chunks(checkpoint)
    with reading(checkpoint / STATE):
        bounds = [_bounds(name) for name in chunks]
        if any(one[1] != two[0] for one, two in pairwise(bounds)):
            raise ValueError("chunks: they do not follow each other")
    for name, (first, last) in zip(chunks, bounds, strict=True):
        tensors = {key: x.to(device) for key, x in read_tensors(folder.replay, name).items()}
        rows = {key: x for key, x in tensors.items() if not key.startswith("=")}
        with reading(folder.replay / f"{name}.safetensors"):
            check_rows(replay.schema, rows, first, last)
            replay.fixed = {key[1:]: x for key, x in tensors.items() if key.startswith("=")}
            replay.write(rows, first)
        replay.added = last


def _chunks(replay: Replay, old: list[str]) -> list[str]:
    """The chunks that hold a replay: those of ``old`` that are needed still, and more for what is newer."""
    oldest = replay.added - len(replay)
    kept = [name for name in old if _bounds(name)[1] > oldest]
    first = max(oldest, _bounds(old[-1])[1] if old else 0)
    return kept + [f"{at:09d}-{min(at + EACH, replay.added):09d}" for at in range(first, replay.added, EACH)]


def _write_chunks(folder: RunFolder, replay: Replay, names: Iterable[str]) -> None:
    for name in names:
        tensors = replay.read(*_bounds(name)) | {f"={key}": x for key, x in replay.fixed.items()}
        write_whole(folder.replay / f"{name}.safetensors", packed(tensors))


def named_chunks(checkpoint: Path) -> list[str]:
    """Names of the chunks of the replay that a checkpoint needs. Raises SpecError (``run.file``, ``run.damaged``)."""
    return RunFolder(checkpoint).record(STATE, Chunks).chunks


def _bounds(chunk: str) -> tuple[int, int]:
    first, last = chunk.split("-")
    return int(first), int(last)
