"""Workers as processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from compose.study.engines.interface import STOPPED, Engine, Job, lacking

PATIENCE = 120.0
"""Seconds that workers have to save, before they are killed."""


class Local(Engine):
    """As many processes as there are runs, at most ``job.workers``; one that dies takes none of the others along."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.most = job.workers or max(1, cores() // job.threads)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._died: list[str] = []

    def keep(self, free: int, running: int) -> None:
        self._reap()
        self.job.workspace.path.joinpath("logs").mkdir(parents=True, exist_ok=True)
        for _ in range(lacking(len(self._processes), self.most, free, running)):
            with (self.job.workspace.path / "logs" / "workers.log").open("ab") as log:
                self._processes.append(subprocess.Popen(
                    self.job.command("--follow", str(os.getpid())), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True))  # fmt: skip

    def stop(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    def died(self) -> Sequence[str]:
        self._reap()
        told, self._died = self._died, []
        return told

    def _reap(self) -> None:
        living = []
        for process in self._processes:
            code = process.poll()
            if code is None:
                living.append(process)
            elif code < 0:
                self._died.append(f"worker {process.pid} died: {signal.Signals(-code).name}")
            elif code not in (0, STOPPED):
                self._died.append(f"worker {process.pid} ended with {code}: {self.job.workspace.path}/logs/workers.log")
        self._processes = living


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
