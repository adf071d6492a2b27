"""Workers as processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.engines.interface import REFUSED, STOPPED, Engine, Job, lacking
from compose.study.runs.workspace import make_folder
from compose.training.folder import writing

PATIENCE = 120.0
"""Seconds that workers have to save, before they are killed."""
MOST_REFUSALS = 3
"""So many workers in a row may end because they could not go on."""
_TAIL = 2
"""Lines of what such a worker said."""


class Local(Engine):
    """As many processes as there are runs, at most ``job.workers``; one that dies takes none of the others along."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.most = job.workers or max(1, cores() // job.threads)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._died: list[str] = []
        self._refused = 0

    def keep(self, free: int, running: int) -> None:
        self._reap()
        if self._refused >= MOST_REFUSALS:
            raise SpecError(Diagnostic("study.workers", "workers cannot go on", str(self.job.workspace.path),
                                       hint="mend that, and run the study again", notes=self._last_words()))
        make_folder(self._log.parent)
        for _ in range(lacking(len(self._processes), self.most, free, running)):
            with writing(self._log), self._log.open("ab") as log:
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
                continue
            self._refused = self._refused + 1 if code == REFUSED else 0
            if code < 0:
                self._died.append(f"worker {process.pid} died: {signal.Signals(-code).name}")
            elif code not in (0, STOPPED):
                self._died.append(f"worker {process.pid} ended with {code}: {self._log}")
        self._processes = living

    @property
    def _log(self) -> Path:
        return self.job.workspace.path / "logs" / "workers.log"

    def _last_words(self) -> tuple[str, ...]:
        """The end of what workers have said."""
        with suppress(OSError):
            return tuple(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])
        return ()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
