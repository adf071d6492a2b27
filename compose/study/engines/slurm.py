"""Workers as jobs of Slurm, through submitit: an array, each of which is requeued where its time ends."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pydantic import Field as Limits

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.engines import queue
from compose.study.engines.interface import Engine, Job, lacking
from compose.study.engines.remote import Call, Requeued
from compose.study.runs.workspace import make_folder
from compose.training.folder import RunFolder, write_json
from compose.training.lock import locked
from compose.training.records import Record

if TYPE_CHECKING:
    from submitit import SlurmExecutor

WORKERS, MINUTES = 16, 240
"""Unless told."""
LOOK = 10.0
"""Seconds between two looks at the queue."""
PATIENCE = 120.0
"""Seconds that workers have to save, before they are cancelled."""
OFTEN = 1_000_000
"""Ends of time after which a job would not be put into the queue again."""
OWN = {
    "partition": "--partition", "time": "--time", "array": "--workers", "cpus-per-task": "the study's train.threads",
    "job-name": "", "output": "", "error": "", "open-mode": "", "signal": "", "requeue": "", "no-requeue": "",
    "wait": "", "parsable": "", "wrap": "", "nodes": "", "ntasks": "",
}
"""Options of sbatch that are set here, and what sets them."""


class Jobs(Record):
    """``slurm/jobs.json``: what a driver that is started anew knows of the one before."""

    name: str
    """The name of all jobs of this study's folder, by which Slurm is asked for them."""
    jobs: tuple[str, ...] = Limits(default=(), strict=False)
    """Submitted, and not known to have ended."""


class Slurm(Engine):
    """Never more jobs than free runs. How a run ended its folder says; of Slurm it is only asked which jobs are there.

    Args:
        job: Workers.
        partition: Where; the site's own choice unless told.
        minutes: The time limit of a job: 90 seconds before it, its worker saves, and it is put into the queue again.
        options: ``KEY=VALUE``, or ``KEY``: further options of sbatch.

    Raises:
        SpecError: ``study.engine`` if submitit is not installed, ``study.slurm`` if an option is none, or there is no
            Slurm here.
    """

    def __init__(self, job: Job, partition: str | None = None, minutes: int | None = None,
                 options: Sequence[str] = ()) -> None:
        try:
            import submitit  # noqa: F401
        except ImportError as error:
            raise SpecError(Diagnostic("study.engine", f"submitit is not installed: {error}", "--engine slurm",
                                       hint="pip install 'compose-marl[slurm]'")) from None
        self.job, self.most = job, job.workers or WORKERS
        self.folder = job.workspace.path.resolve() / "slurm"
        self._given: dict[str, Any] = {"time": minutes or MINUTES, "additional_parameters": further(options)}
        if partition is not None:
            self._given["partition"] = partition
        if "%" in str(self.folder):
            raise _wrong(f"Slurm replaces '%' in names of files: {self.folder}", "choose another folder with --runs")
        queue.check()
        self._looked = -LOOK
        self._missed: set[str] = set()
        self._died: list[str] = []
        self._words = self._told = ""

    def keep(self, free: int, running: int) -> None:
        if time.monotonic() - self._looked < LOOK:
            return
        make_folder(self.folder)
        try:
            with locked(self.folder):  # of two drivers one submits at a time, and knows what the other has
                self._look(free, running)
        except SpecError as error:
            if error.diagnostics[0].code != "run.locked":
                raise
        self._looked = time.monotonic()

    def _look(self, free: int, running: int) -> None:
        known = self._known()
        there = queue.jobs(known.name)
        if there is None:
            self._words = "squeue does not answer: no jobs are submitted now"
        else:
            known = self._seen(known, there)
            count = lacking(len(there), self.most, free, running)
            self._submit(known, count)
            self._words = _queue_words(there, count)

    def stop(self) -> None:
        if not (self.folder / "jobs.json").is_file():
            return
        name = self._known().name
        end = time.monotonic() + PATIENCE
        queue.cancel(name, "--state=PENDING")
        queue.cancel(name, "--state=RUNNING", "--signal=TERM")  # a plain scancel would kill them half a minute later
        while queue.jobs(name) and time.monotonic() < end:
            queue.cancel(name, "--state=PENDING")  # what was just put into the queue again
            time.sleep(1)
        queue.cancel(name)
        self._keep(Jobs(name=name))

    def died(self) -> Sequence[str]:
        told, self._died = self._died, []
        return told

    def words(self) -> Sequence[str]:
        if self._words == self._told:
            return ()
        self._told = self._words
        return (self._words,)

    def _known(self) -> Jobs:
        """What is known of jobs; written down before the first is submitted, so that none is ever lost."""
        with suppress(SpecError):
            if (self.folder / "jobs.json").is_file():
                return RunFolder(self.folder).record("jobs.json", Jobs)
        return self._keep(Jobs(name=f"{self.job.workspace.path.resolve().name}-{uuid4().hex[:10]}"))

    def _keep(self, known: Jobs) -> Jobs:
        write_json(self.folder / "jobs.json", known.model_dump(mode="json"))
        return known

    def _seen(self, known: Jobs, there: Mapping[str, queue.Queued]) -> Jobs:
        """Those that are left; one that was gone at two looks and has left no result has died."""
        gone = [one for one in known.jobs if one not in there]
        ended = {one for one in gone if (self.folder / f"{one}_0_result.pkl").exists()}  # it is never read
        dead = [one for one in gone if one in self._missed and one not in ended]
        self._missed = set(gone) - ended - set(dead)
        self._died += [f"job {one} died: {self.folder / f'{one}_0_log.err'}" for one in dead]
        left = tuple(one for one in known.jobs if one not in ended and one not in dead)
        if left != known.jobs:
            known = self._keep(Jobs(name=known.name, jobs=left))
        return known

    def _submit(self, known: Jobs, count: int) -> None:
        """Submit workers. Raises SpecError (``study.slurm``) with what sbatch says."""
        if not count:
            return
        call, most = Call.of(self.job), queue.largest_array()
        names = list(known.jobs)
        while count:
            some = min(count, most)
            try:
                executor = self._executor(known.name, some)
                names += [job.job_id for job in executor.map_array(Requeued(call), range(some))]
            except Exception as error:  # submitit's own, of subprocesses, of options
                said = str(error).strip().splitlines()
                raise _wrong(f"sbatch: {said[-1] if said else type(error).__name__}", "it was called as in "
                             f"{self.folder}/*submission*", tuple(said[:-1])) from None
            count -= some
            self._keep(Jobs(name=known.name, jobs=tuple(names)))

    def _executor(self, name: str, count: int) -> SlurmExecutor:
        from submitit import SlurmExecutor

        executor = SlurmExecutor(folder=self.folder, max_num_timeout=OFTEN)
        threads = self.job.threads
        executor.update_parameters(job_name=name, cpus_per_task=threads, srun_args=[f"--cpus-per-task={threads}"],
                                   array_parallelism=count, **self._given)
        return executor


def further(options: Sequence[str]) -> dict[str, str | bool]:
    """Options of sbatch from ``KEY=VALUE`` and ``KEY``. Raises SpecError (``study.slurm``)."""
    found: dict[str, str | bool] = {"requeue": True}
    for option in options:
        key, given, value = option.partition("=")
        key = key.removeprefix("--").replace("_", "-")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", key) or not (value or not given) or not value.isprintable():
            raise _wrong(f"'{option}' is no option of sbatch", "write KEY=VALUE, such as account=lab, or KEY")
        if key in OWN:
            raise _wrong(f"{key} is set already", f"by {OWN[key] or 'compose'}", at="--slurm")
        found[key] = value if given else True
    return found


def _queue_words(there: Mapping[str, queue.Queued], submitted: int) -> str:
    counts = Counter(one.state.lower() for one in there.values())
    reasons = sorted({one.reason for one in there.values() if one.state == "PENDING" and one.reason != "None"})
    parts = [f"{n} {state}" for state, n in counts.items()] + ([f"{submitted} submitted"] if submitted else [])
    return f"jobs of Slurm: {', '.join(parts) or 'none'}" + (f" ({', '.join(reasons)})" if reasons else "")


def _wrong(text: str, hint: str, notes: tuple[str, ...] = (), at: str = "--engine slurm") -> SpecError:
    return SpecError(Diagnostic("study.slurm", text, at, hint=hint, notes=notes))
