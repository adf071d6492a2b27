"""One worker as a call, for engines that call functions elsewhere: it starts the worker's command line and waits.

What such an engine pickles to carry the call over is a :class:`Call`: words of a command line and names of folders.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compose.study.engines.interface import STOPPED, Job

LOOK = 0.2
"""Seconds between two looks."""


@dataclass(frozen=True)
class Call:
    """A worker, where its engine calls it; it ends with whoever called it, and sees the folders that the driver saw."""

    command: tuple[str, ...]
    """Without the interpreter, which is the caller's."""
    folder: str
    """The working directory."""
    log: str = ""
    """The file for what it says; empty: where its caller's words go."""

    @classmethod
    def of(cls, job: Job, log: Path | None = None) -> Call:
        """That of a job, begun here."""
        return cls(tuple(job.command()[1:]), os.getcwd(), "" if log is None else str(log.resolve()))

    def start(self) -> subprocess.Popen[bytes]:
        """Start it."""
        command = [sys.executable, *self.command, "--follow", str(os.getpid())]
        if not self.log:
            return subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL)
        with open(self.log, "ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def made(call: Call) -> int:
    """Start a worker, and wait for it: its exit code. Interrupted, it lets the worker save first."""
    process = call.start()
    try:
        while (code := process.poll()) is None:  # what only sets a flag, as Ray does, interrupts between two looks
            time.sleep(LOOK)
        return code
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


class Requeued:
    """A worker as a job of submitit's: warned of the end, it saves and the job is put into the queue again.

    Submitit calls :meth:`checkpoint` in the handler of a signal, so in the middle of :meth:`__call__`, which may hold
    what waiting for a process takes: both wait for a number instead.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"call": self.call, "_process": None}

    def __call__(self, number: int = 0) -> None:
        """Make runs until none is free. The job ends as failed, without a result, if the worker dies."""
        self._process = self.call.start()
        code = _waited(self._process)
        if code not in (0, STOPPED, -signal.SIGUSR2):  # warned before it could hear, it has nothing to save
            raise SystemExit(code if code > 0 else 128 - code)

    def checkpoint(self, number: int = 0) -> Any:
        """Let the worker save and end; what submitit puts into the queue then."""
        from submitit.helpers import DelayedSubmission

        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGUSR2)
            _waited(self._process)
        return DelayedSubmission(Requeued(self.call), number)


def _waited(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process, once it has ended; 0 if it was asked for before."""
    try:
        process.returncode = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
    except ChildProcessError:
        process.returncode = process.returncode or 0
    return process.returncode
