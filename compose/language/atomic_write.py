"""Files that are written whole or not at all. Only regular files are replaced; a symbolic link stays, and the file that
it leads to is written."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO

from compose.language.diagnostics import Diagnostic, SpecError

KINDS = {stat.S_IFDIR: "a directory", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFIFO: "a pipe",
         stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link that leads to itself"}  # fmt: skip


def replace_file(path: Path, data: bytes | str, *, file: bool = True, folder: bool = True) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one.

    Args:
        path: Of the file.
        data: What it is to hold.
        file: Wait until its contents are safe on the disk: a loss of power leaves the old one or the new one too.
        folder: Wait until its name is: after that a loss of power leaves the new one.

    Raises:
        OSError: The old one is still there.
    """
    place = destination(path)
    fresh = temporary(place)
    try:
        with _fresh(fresh) as written:
            with suppress(OSError):  # nobody may read what could not be read before
                os.fchmod(written.fileno(), stat.S_IMODE(place.stat().st_mode))
            written.write(data.encode() if isinstance(data, str) else data)
            written.flush()
            if file:
                os.fsync(written.fileno())
        fresh.replace(place)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    if folder:
        sync_folder(place.parent)


def destination(path: Path) -> Path:
    """The regular file, there already or not, that is written where ``path`` is named: links are followed.

    Raises:
        OSError: If a directory, a device, a pipe or a socket is there.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        kind = stat.S_IFMT(place.lstat().st_mode)
    except FileNotFoundError:
        return place
    if kind != stat.S_IFREG:
        raise OSError(errno.EEXIST, f"it is {KINDS.get(kind, 'something else')}, not a file", str(path))
    return place


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


def _fresh(path: Path) -> IO[bytes]:
    """A new file under a name that nobody but us uses: what a kill left there goes, a link is not followed."""
    try:
        return path.open("xb")
    except FileExistsError:
        path.unlink()
        return path.open("xb")


def sync_folder(path: Path) -> None:
    """Make renames in a folder safe on the disk (a no-op where folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
