"""Who works on a run, in a file beside it: other processes and machines see it, and see when its owner has died.

A lease is held while its owner touches it. It is free again once its process is gone (on the same machine), or nobody
has touched it for :data:`STALE` seconds by the clock of the file system: NFS needs nothing else. Two owners at once, as
a machine that slept might make them, do no harm: the run's own lock keeps the second out.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from compose.language.diagnostics import Diagnostic, SpecError

FOLDER = ".leases"
BEAT = 5.0
"""Seconds between touches."""
STALE = 60.0
"""Seconds without one after which an owner counts as dead."""


@dataclass(frozen=True)
class Owner:
    """A process somewhere."""

    host: str
    pid: int
    since: float
    """When it began, in seconds since 1970."""
    token: str = ""
    """Tells leases of one process apart."""

    @property
    def here(self) -> bool:
        """Does it run on this machine?"""
        return self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Lease:
    """A lease that this process holds; its thread touches the file until :meth:`release`."""

    def __init__(self, path: Path, owner: Owner, beat: Callable[[], None]) -> None:
        self.path, self.owner, self._beat = path, owner, beat
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._touch, daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Give it back."""
        self._released.set()
        self._thread.join(timeout=BEAT)
        if owner_of(self.path) == self.owner:
            self.path.unlink(missing_ok=True)

    def _touch(self) -> None:
        while not self._released.wait(BEAT):
            with suppress(OSError):
                os.utime(self.path)
            self._beat()


def lease_path(runs: Path, name: str) -> Path:
    """Where the lease of a run lies, in the folder of all runs."""
    return runs / FOLDER / name


def take(path: Path, beat: Callable[[], None] = lambda: None) -> Lease | None:
    """The lease of a run, or None if somebody lives who holds it.

    Args:
        path: Its file.
        beat: Called every few seconds while it is held.

    Raises:
        SpecError: ``study.write`` if its file cannot be written.
    """
    owner = Owner(socket.gethostname(), os.getpid(), time.time(), uuid4().hex)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while not _created(path, owner):
            held = owner_of(path)
            if held is not None and alive(path, held):
                return None
            if path.exists() and (mine := _taken_over(path, held, owner)) is not None:
                if not mine:
                    return None
                break
    except OSError as error:
        text = f"cannot be written: {error.strerror or error}"
        raise SpecError(Diagnostic("study.write", text, where=str(path), hint="is there room, may you write here?")) \
            from None
    return Lease(path, owner, beat)


def owner_of(path: Path) -> Owner | None:
    """Who is written in a lease; None if it is not there, or not yet written."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def holder(path: Path) -> Owner | None:
    """Who holds a lease and lives."""
    owner = owner_of(path)
    return owner if owner is not None and alive(path, owner) else None


def alive(path: Path, owner: Owner) -> bool:
    """Whether the owner of a lease works on."""
    if owner.here:
        try:
            os.kill(owner.pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OSError):
            pass
    return _age(path) < STALE


def _age(path: Path) -> float:
    """Seconds since a file was touched, by the clock of its file system."""
    probe = path.with_name(f".now-{uuid4().hex}")
    try:
        touched = path.stat().st_mtime
        probe.touch()
        return probe.stat().st_mtime - touched
    except FileNotFoundError:
        return STALE
    finally:
        probe.unlink(missing_ok=True)


def _created(path: Path, owner: Owner) -> bool:
    """Whether the file could be made, whole and by nobody else: a link to a file that is written already."""
    own = path.with_name(f".new-{owner.token}")
    own.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    finally:
        own.unlink(missing_ok=True)
    return True


def _taken_over(path: Path, dead: Owner | None, owner: Owner) -> bool | None:
    """Put a lease in the place of a dead owner's: True if that was done, False if somebody else is about to do it, None
    if the dead one is not there any more. A folder beside it, which one alone can make, keeps others out meanwhile."""
    turn = path.with_name(f".turn-{path.name}")
    try:
        turn.mkdir()
    except FileExistsError:
        with suppress(OSError):
            if _age(turn) > STALE:  # whose owner died in the middle
                turn.rmdir()
        return False
    try:
        if not path.exists() or owner_of(path) != dead:
            return None
        own = path.with_name(f".new-{owner.token}")
        own.write_text(json.dumps(asdict(owner)), encoding="utf-8")
        own.replace(path)
        return True
    finally:
        turn.rmdir()
