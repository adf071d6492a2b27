"""Checkpoints: tensors as safetensors, numbers as JSON; a folder that appears by one rename."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.whole import sync_folder, temporary
from compose.training.clocks import Clocks
from compose.training.folder import RunFolder, reading, write_json, write_whole, writing
from compose.training.records import Chunks, Standing
from compose.training.replay import Replay, check_rows

KEEP = 2
"""How many checkpoints stay."""


def save_checkpoint(folder: RunFolder, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any],
                    replay: Replay | None = None) -> Path:
    """Write a checkpoint, point ``latest`` at it, and remove what no kept checkpoint needs.

    The replay is written in chunks, each once: a checkpoint adds the episodes since the one before and names every
    chunk that it needs.

    Args:
        folder: Of the run.
        groups: File name -> tensors.
        state: Plain data.
        replay: Whose new episodes to add.

    Raises:
        SpecError: ``run.write``; the newest checkpoint is a whole one still.
    """
    before = latest(folder)
    serial = 1 if before is None else int(before.name) + 1
    old = [] if before is None else _chunks(before)
    final = folder.checkpoints / f"{serial:06d}"
    fresh = temporary(final)
    with writing(final):
        for parent in (folder.checkpoints, folder.replay):
            parent.mkdir(exist_ok=True)
        for stale in (fresh, final):  # a folder that `latest` never named
            shutil.rmtree(stale, ignore_errors=True)
        try:
            chunks = _write_chunks(folder, replay, old) if replay is not None else []
            fresh.mkdir()
            for name, tensors in groups.items():
                write_whole(fresh / f"{name}.safetensors", _bytes(tensors))
            write_json(fresh / "state.json", {**state, "chunks": chunks})
            fresh.rename(final)
        except (OSError, SpecError):
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        sync_folder(folder.checkpoints)
        write_whole(folder.checkpoints / "latest", final.name + "\n")
        _prune(folder)
    return final


def latest(folder: RunFolder) -> Path | None:
    """The newest checkpoint, if there is one.

    Raises:
        SpecError: ``run.damaged`` if the pointer names none, or is gone while there are checkpoints.
    """
    pointer = folder.checkpoints / "latest"
    with reading(pointer):
        if not pointer.exists():
            if len(_numbered(folder)) > 1:  # a kill may leave one that was never named
                raise ValueError("it is gone, though there are checkpoints")
            return None
        return folder.checkpoints / f"{int(pointer.read_text(encoding='utf-8')):06d}"


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The plain data of a checkpoint. Raises SpecError (``run.file``, ``run.damaged``)."""
    return RunFolder(checkpoint).json("state.json")


def stands(checkpoint: Path) -> Clocks:
    """The clocks as they were then. Raises SpecError (``run.file``, ``run.damaged``)."""
    return Clocks(**RunFolder(checkpoint).record("state.json", Standing).clocks.model_dump())


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


def restore_replay(folder: RunFolder, checkpoint: Path, replay: Replay) -> None:
    """Fill a replay with the chunks that a checkpoint names.

    Raises:
        SpecError: ``run.file`` if one cannot be read, ``run.damaged`` if it holds other episodes than its name says.
    """
    device, chunks = replay.device, _chunks(checkpoint)
    with reading(checkpoint / "state.json"):
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


def _write_chunks(folder: RunFolder, replay: Replay, old: list[str]) -> list[str]:
    oldest = replay.added - len(replay)
    kept = [name for name in old if _bounds(name)[1] > oldest]
    first = max(oldest, _bounds(old[-1])[1] if old else 0)
    if first < replay.added:
        name = f"{first:09d}-{replay.added:09d}"
        tensors = replay.read(first, replay.added) | {f"={key}": x for key, x in replay.fixed.items()}
        write_whole(folder.replay / f"{name}.safetensors", _bytes(tensors))
        kept.append(name)
    return kept


def _chunks(checkpoint: Path) -> list[str]:
    """Names of the chunks of the replay that a checkpoint needs. Raises SpecError (``run.file``, ``run.damaged``)."""
    return RunFolder(checkpoint).record("state.json", Chunks).chunks


def _bounds(chunk: str) -> tuple[int, int]:
    first, last = chunk.split("-")
    return int(first), int(last)


def _bytes(tensors: Mapping[str, Tensor]) -> bytes:
    return save({name: x.detach().cpu().contiguous().clone() for name, x in tensors.items()})


def _prune(folder: RunFolder) -> None:
    saved = _numbered(folder)
    for path in saved[:-KEEP]:
        shutil.rmtree(path)
    needed = {f"{name}.safetensors" for path in saved[-KEEP:] for name in _chunks(path)}
    for path in folder.replay.iterdir():
        if path.name not in needed:
            path.unlink()


def _numbered(folder: RunFolder) -> list[Path]:
    """Folders of checkpoints, oldest first."""
    return sorted(path for path in folder.checkpoints.glob("[0-9]*") if path.is_dir() and path.name.isdigit())
