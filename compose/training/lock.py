"""One process at a time trains in a run's folder.

The lock is a POSIX record lock on the file ``.lock``: the system drops it when the process ends, however it ends, also
where processes that it started live on (a fork does not inherit it), and NFS keeps it between machines. The file itself
means nothing. A file system without locks locks nobody out.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError

NAME = ".lock"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_held: dict[tuple[int, int], int] = {}
"""Folders that this process locked (device and number), and its own number: a lock does not keep its owner out."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of a run, if it is there.

    Raises:
        SpecError: ``run.locked`` if a process trains in it; ``run.lock`` if the lock's file cannot be used.
    """
    try:
        about = folder.stat()
    except OSError:  # whoever needs the folder tells
        yield
        return
    key = (about.st_dev, about.st_ino)
    if _held.get(key) == os.getpid():
        raise _locked(folder, "this process")
    handle = _take(folder)
    _held[key] = os.getpid()
    try:
        yield
    finally:
        del _held[key]
        try:
            if handle is not None:
                with suppress(OSError):
                    (folder / NAME).unlink()
        finally:
            if handle is not None:
                os.close(handle)


def _take(folder: Path) -> int | None:
    """The open file that holds the lock; None where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    path = folder / NAME
    while True:
        handle = _open(path)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(handle, 200, 0).decode("ascii", "replace")
            os.close(handle)
            if error.errno in _TAKEN:
                raise _locked(folder, owner or "another process") from None
            return None
        if _is_there(path, handle):
            break
        os.close(handle)  # its owner took the file away between the two calls
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode("ascii", "replace"), 0)
    return handle


def _open(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise _unusable(path, error.strerror) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _unusable(path, "it is no file")
    return handle


def _is_there(path: Path, handle: int) -> bool:
    """Whether the open file is still the one of that name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(handle))
    return False


def _locked(folder: Path, owner: str) -> SpecError:
    return SpecError(Diagnostic("run.locked", f"{owner} is training here", where=str(folder),
                                hint="wait for it, stop it, or choose another folder"))


def _unusable(path: Path, why: str | None) -> SpecError:
    return SpecError(Diagnostic("run.lock", f"cannot be used to lock the run: {why}", where=str(path)))
