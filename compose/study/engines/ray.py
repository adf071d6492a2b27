"""Workers as tasks of Ray, on a cluster that is there or one on this machine alone."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.engines.interface import STOPPED, Engine, Job, lacking
from compose.study.engines.remote import Call, made

PATIENCE = 120.0
"""Seconds that workers have to save, before they are killed."""
ANSWER = 10.0
"""Seconds within which a cluster accepts a connection."""
RETRIES = 3
"""So often Ray begins a task anew, elsewhere, whose node or process is lost."""


class Ray(Engine):
    """At most as many workers as the cluster has processors for, and as there are free runs.

    A node that dies takes its workers along: Ray begins their tasks anew on others, and their runs, whose leases are
    believed for a minute, are taken up from where they were saved.

    Args:
        job: Workers; each takes ``job.threads`` processors.
        address: Of a cluster: ``auto``, ``HOST:PORT`` or ``ray://HOST:PORT``. None: what RAY_ADDRESS says, or one that
            is begun here and ends with this process.

    Raises:
        SpecError: ``study.engine`` if Ray is not installed, ``study.ray`` if there is no cluster at the address.
    """

    def __init__(self, job: Job, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise SpecError(Diagnostic("study.engine", f"Ray is not installed: {error}", "--engine ray",
                                       hint="pip install 'compose-marl[ray]'")) from None
        self.job = job
        self._ray = ray
        try:
            reach(address)  # Ray itself would try for minutes
            ray.init(address=address, log_to_driver=False, configure_logging=False)
        except Exception as error:  # of connections, of time, of values
            text = f"there is no cluster: {str(error).strip() or type(error).__name__}"
            where = f"--address {address}" if address else "--engine ray"
            raise SpecError(Diagnostic("study.ray", text, where, hint="start one with: ray start --head")) from None
        self._task = ray.remote(num_cpus=job.threads, max_retries=RETRIES)(made)
        self._call = Call.of(job, job.workspace.path / "logs" / "workers.log")
        self._refs: list[Any] = []
        self._died: list[str] = []

    def keep(self, free: int, running: int) -> None:
        self._reap()
        Path(self._call.log).parent.mkdir(parents=True, exist_ok=True)
        for _ in range(lacking(len(self._refs), self._most(), free, running)):
            self._refs.append(self._task.remote(self._call))

    def stop(self) -> None:
        try:
            for ref in self._refs:
                self._ray.cancel(ref)  # interrupts the call, which lets its worker save
            if self._refs:
                _, left = self._ray.wait(self._refs, num_returns=len(self._refs), timeout=PATIENCE)
                for ref in left:
                    self._ray.cancel(ref, force=True)
        finally:
            self._refs = []
            self._ray.shutdown()

    def died(self) -> Sequence[str]:
        self._reap()
        told, self._died = self._died, []
        return told

    def _most(self) -> int:
        """Workers at a time; the cluster may have grown."""
        there = int(self._ray.cluster_resources().get("CPU", 0)) // self.job.threads
        return self.job.workers or max(1, there)

    def _reap(self) -> None:
        if not self._refs:
            return
        done, self._refs = self._ray.wait(self._refs, num_returns=len(self._refs), timeout=0)
        for ref in done:
            try:
                code = self._ray.get(ref)
            except Exception as error:  # whatever ended the task
                self._died.append(f"a task of Ray died: {str(error).strip().splitlines()[0]}")
                continue
            if code not in (0, STOPPED):
                self._died.append(f"a worker of Ray ended with {code}: {self._call.log}")


def reach(address: str | None) -> None:
    """Raises OSError or ValueError if nobody listens at ``HOST:PORT``; other addresses are Ray's to find."""
    if address in (None, "auto", "local"):
        return
    found = re.fullmatch(r"(?:ray://)?\[?([^/\[\]]+?)\]?:(\d{1,5})", str(address))
    if found is None:
        raise ValueError("an address is auto, HOST:PORT or ray://HOST:PORT")
    socket.create_connection((found[1], int(found[2])), ANSWER).close()
