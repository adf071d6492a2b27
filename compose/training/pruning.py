"""What a run takes away again: checkpoints and chunks of the replay that it wrote itself, by the names it gave them.

Anything else in these folders, which may be links into other places, belongs to somebody else and stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from compose.language.atomic_write import temporary
from compose.language.diagnostics import SpecError
from compose.training.folder import STATE, RunFolder

CHUNK = re.compile(r"[0-9]{9,}-[0-9]{9,}")
"""The name of a chunk: its first episode, and the one after its last."""
KEEP = 2
"""How many checkpoints stay."""


def numbered(folder: RunFolder) -> list[Path]:
    """Folders of checkpoints, oldest first."""
    found = [path for path in folder.checkpoints.glob("[0-9]*")
             if path.name.isdecimal() and path.name.isascii() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name))


def vacant(folder: RunFolder, before: Path | None, own: Collection[str]) -> Path:
    """Where the checkpoint after ``before`` can be written.

    What a kill left there, or a run that went back by one, was never named by ``latest`` and goes; if something of
    somebody else's is there, the next number is taken.
    """
    needed = set() if before is None else _named(before)
    serial = 0 if before is None else int(before.name)
    while True:
        serial += 1
        final = folder.checkpoints / f"{serial:06d}"
        places = (temporary(final), final)
        for place in places:
            if not place.is_symlink():
                drop_chunks(folder, _named(place) - needed)
                drop(place, own)
        if not any(place.exists() or place.is_symlink() for place in places):
            return final


def prune(folder: RunFolder, newest: Path, own: Collection[str]) -> None:
    """Remove the checkpoints before the last :data:`KEEP`, and the chunks that they alone name. What the system does
    not let go stays."""
    saved = [path for path in numbered(folder) if int(path.name) <= int(newest.name)]
    needed = {name for path in saved[-KEEP:] for name in _named(path)}
    drop_chunks(folder, {name for path in saved[:-KEEP] for name in _named(path)} - needed)
    for path in saved[:-KEEP]:
        drop(path, own)


def drop_chunks(folder: RunFolder, names: Iterable[str]) -> None:
    """Remove chunks of the replay."""
    for name in names:
        _unlink(folder.replay / f"{name}.safetensors")


def drop(checkpoint: Path, own: Collection[str]) -> None:
    """Remove a checkpoint's files and, if nothing else is in it, its folder."""
    if not checkpoint.is_dir() or checkpoint.is_symlink():
        return
    for name in own:
        _unlink(checkpoint / name)
        _unlink(temporary(checkpoint / name))
    with suppress(OSError):
        checkpoint.rmdir()


def _named(checkpoint: Path) -> set[str]:
    """The chunks that a checkpoint names; none where it is not whole."""
    try:
        return {name for name in RunFolder(checkpoint).json(STATE)["chunks"] if CHUNK.fullmatch(name)}
    except (SpecError, LookupError, TypeError):
        return set()


def _unlink(path: Path) -> None:
    """Remove a regular file, if that is what is there."""
    with suppress(OSError):
        if path.is_file() and not path.is_symlink():
            path.unlink()
