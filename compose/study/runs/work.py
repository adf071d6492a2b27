"""Works off a study's plan: takes a run that nobody works on, makes it, takes the next, until none is left.

Every engine starts just this, in as many processes and on as many machines as it likes.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TextIO

from rich.console import Console

from compose.language.diagnostics import SpecError
from compose.language.load import load_flat
from compose.study.runs.lease import holder, lease_path, take
from compose.study.runs.models import Models
from compose.study.runs.planned import Planned, run_path
from compose.study.runs.standing import finished
from compose.study.runs.workspace import Failure, Tries, Workspace
from compose.training.checkpoint import latest
from compose.training.folder import RunFolder, writing
from compose.training.interrupt import Interrupt
from compose.training.records import Standing
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.until import Until

TRIES = 3
"""A run whose process died so often without a further checkpoint has failed."""
WAIT = 5.0
"""Seconds to wait where only runs are left for which there is no memory now."""
PATIENCE = 60.0
"""Seconds that a training has to save, before it is interrupted at once."""
_LATER = ("run.locked",)


class Worker:
    """One process that works on a study.

    Args:
        workspace: The study's folder.
        driver: The process to follow: once it is gone, the worker saves and stops. None: it follows nobody.
    """

    def __init__(self, workspace: Workspace, driver: int | None = None) -> None:
        self.workspace, self.driver = workspace, driver
        plan = workspace.plan()
        self.runs: tuple[Planned, ...] = plan.runs if plan else ()
        self._training = False
        self._asked = -math.inf
        self._interrupt = Interrupt()
        self._models = Models()

    def work(self) -> None:
        """Make runs until none is left that is free. Raises KeyboardInterrupt when asked to stop."""
        with self._interrupt:
            self._work()

    def _work(self) -> None:
        gc.freeze()  # what is imported stays: looking through it takes longer than tracing
        begin_anew = True
        while begin_anew:
            begin_anew, later = False, False
            for run in self.ordered():
                if self.stopping():
                    raise KeyboardInterrupt
                outcome = self.one(run)
                begin_anew |= outcome == "made"
                later |= outcome == "later"
            if later and not begin_anew and self.others():
                time.sleep(WAIT)
                begin_anew = True

    def ordered(self) -> Iterator[Planned]:
        """The runs as planned, seeds outermost; of one seed those first that this worker has traced already."""
        for _, runs in groupby(self.runs, key=lambda run: run.seed):
            yield from sorted(runs, key=lambda run: not self._models.traced(run.spec, run.env))

    def one(self, run: Planned) -> str:
        """Make a run unless it is done, has failed, or somebody works on it: ``made``, ``passed`` or ``later``."""
        path = run_path(self.workspace.runs, run)
        if finished(path, run) is not None or self.workspace.failure(run) is not None:
            return "passed"
        lease = take(lease_path(self.workspace.runs, run.folder), self.beat)
        if lease is None:
            return "passed"
        try:
            return "passed" if finished(path, run) is not None else self.made(run, path)
        finally:
            lease.release()

    def made(self, run: Planned, path: Path) -> str:
        """Make a run that nobody else works on."""
        tries, updates = self.workspace.tries(run), _updates(path)
        count = tries.count + 1 if tries.updates == updates else 1
        if count > TRIES:
            words = f"its process died {TRIES} times in a row without getting further: out of memory?"
            self.workspace.fail(run, self.failure(run, words))
            return "made"
        self.workspace.tried(run, Tries(count=count, updates=updates))
        said = self.workspace.log(run)
        with writing(said), said.open("a", encoding="utf-8") as log:
            try:
                self._training = True
                self.train(run, path, log)
            except SpecError as error:
                codes = {problem.code for problem in error.diagnostics}
                if codes <= set(_LATER) or (codes == {"train.memory"} and self.others()):
                    self.workspace.tried(run, tries)
                    return "later"
                log.write(f"{error}\n")
                self.workspace.fail(run, self.failure(run, error.diagnostics[0].render()))
            except Exception as error:  # one bad run never ends the others
                with suppress(OSError):  # there may be no room for it
                    traceback.print_exc(file=log)
                    log.flush()
                self.workspace.fail(run, self.failure(run, f"{type(error).__name__}: {error}"))
            except KeyboardInterrupt:
                self.workspace.tried(run, tries)
                raise
            finally:
                self._training = False
        return "made"

    def train(self, run: Planned, path: Path, log: TextIO) -> None:
        """Train a run to its end, from where it stands."""
        console, settings = Console(file=log, force_terminal=False, width=120), settings_of(run)
        read = partial(load_flat, self.workspace.spec(run))
        spec, model = self._models.of(run.spec, read, run.env, settings, run.seed)
        train(spec, run.env, run_dir=path, settings=settings, seed=run.seed, resume=RunFolder(path).exists(),
              console=console, build=lambda *_, **__: model, weigh=self._models.needed, picture=False)

    def failure(self, run: Planned, words: str) -> Failure:
        """What is written down of a run that failed."""
        command = f"compose study work {self.workspace.path} --only {run.folder}"
        return Failure(words=words, log=str(self.workspace.log(run)), command=command)

    def others(self) -> bool:
        """Whether anybody else works on a run of this study."""
        leases = (lease_path(self.workspace.runs, run.folder) for run in self.runs)
        return any(owner is not None and owner.pid != os.getpid() for owner in map(holder, leases))

    def beat(self) -> None:
        """Called while a run is made: passes on a wish to stop, as a signal to itself."""
        if self._training and time.monotonic() - self._asked > PATIENCE and self.stopping():
            self._asked = time.monotonic()
            os.kill(os.getpid(), signal.SIGTERM)

    def stopping(self) -> bool:
        """Whether to stop: somebody asked, or the driver is gone."""
        alone = self.driver is not None and os.getppid() != self.driver
        return alone or self._interrupt.asked or self.workspace.stop.exists()


def settings_of(run: Planned) -> Settings:
    """The settings of a planned run."""
    given = dict(run.settings)
    until, log = given.pop("until", None), given.pop("log", None) or ()
    return Settings(**given, until=None if until is None else Until.read(str(until)),  # type: ignore[arg-type]
                    log=tuple(log))  # type: ignore[arg-type]


def _updates(path: Path) -> int:
    """How far the newest checkpoint is; -1 if there is none."""
    try:
        last = latest(RunFolder(path)) if RunFolder(path).exists() else None
        return -1 if last is None else RunFolder(last).record("state.json", Standing).clocks.updates
    except SpecError:
        return -1
