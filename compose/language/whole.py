"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError


def replace_file(path: Path, data: bytes | str) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one. Raises OSError; then the old one is
    still there."""
    fresh = temporary(path)
    try:
        with fresh.open("wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def save(path: Path, data: bytes | str) -> None:
    """:func:`replace_file` for what a user asked to have written. Raises SpecError (``file.write``)."""
    try:
        replace_file(path, data)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SpecError(Diagnostic("file.write", f"{path} cannot be written: {why}")) from None


def temporary(path: Path) -> Path:
    """What a file or folder is called until it is whole."""
    return path.with_name(f".tmp-{path.name}")


def sync_folder(path: Path) -> None:
    """Make renames in a folder safe on the disk (a no-op where folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
