"""Copies of an environment in several processes, which are watched: what dies or hangs is started again.

A worker's episodes are then played again from their seeds and actions so far, and must go as they went before.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import sys
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compose.envs.adapters.failing import failed
from compose.envs.adapters.games import Actions, Copies, Game, Games, Moment
from compose.envs.adapters.telling import Tell
from compose.envs.adapters.worker import Told, work
from compose.language.diagnostics import SpecError
from compose.language.media import terminal

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

WORKERS, PATIENCE = "COMPOSE_WORKERS", "COMPOSE_PATIENCE"
"""Environment variables: how many processes (1: none but this one), and for how many seconds one may say nothing."""
WAIT = 60.0
RESTARTS = 3
"""How often workers are started again between two resets."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection


@dataclass(slots=True)
class _Episode:
    """What is needed to play a running episode again."""

    seed: int
    actions: list[Any] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


class _GoneError(Exception):
    """A worker died, or said nothing for too long."""


def side_by_side(make: Callable[[], Game], where: str) -> Games:
    """Copies in this process, or in as many as the environment variables say.

    Raises:
        SpecError: ``adapter.workers`` if they say no number, or where processes cannot be made.
    """
    count, patience = _number(WORKERS, 1, where), _number(PATIENCE, WAIT, where)
    if count != int(count) or not 1 <= count <= 1024:
        raise failed("adapter.workers", where, f"{WORKERS} is a whole number from 1 to 1024, not {count:g}")
    if count == 1:
        return Copies(make)
    if "fork" not in multiprocessing.get_all_start_methods():
        text = "worker processes need fork, which this system lacks"
        raise failed("adapter.workers", where, text, f"unset {WORKERS}")
    return Workers(make, int(count), patience, where)


def _number(name: str, otherwise: float, where: str) -> float:
    text = os.environ.get(name, "").strip()
    try:
        found = float(text) if text else otherwise
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise failed("adapter.workers", where, f"{name} is a number above 0, not '{text}'")
    return found


class Workers:
    """Episode i is played by worker i modulo their number. Environments that are functions of seed and actions give
    what they give in one process, bit by bit, whatever happens to workers."""

    def __init__(self, make: Callable[[], Game], count: int, patience: float, where: str) -> None:
        self._make, self._patience, self._where = make, patience, where
        self._workers: list[_Worker | None] = [None] * count
        self._episodes: dict[int, _Episode] = {}
        self._restarts = 0
        weakref.finalize(self, _end, self._workers, os.getpid())
        self._ask(0, "told", None)
        self.told: list[Tell] = self._hear(0)

    def reset(self, seeds: Sequence[int]) -> list[Moment]:
        """See :meth:`Games.reset`."""
        self._restarts = 0
        self._episodes = {row: _Episode(int(seed)) for row, seed in enumerate(seeds)}
        told = self._all("reset", {row: episode.seed for row, episode in self._episodes.items()})
        return [told[row] for row in range(len(seeds))]

    def step(self, action: Actions, running: NDArray[np.bool_]) -> list[Moment | None]:
        """See :meth:`Games.step`."""
        self._episodes = {row: episode for row, episode in self._episodes.items() if running[row]}
        told = self._all("step", {row: action[row] for row in self._episodes})
        for row, episode in self._episodes.items():
            episode.actions.append(action[row].copy())
        return [told.get(row) for row in range(len(running))]

    def _all(self, what: str, given: dict[int, Any]) -> dict[int, Moment]:
        """Tell all workers, then hear them; who is gone is told again once its episodes are where they were."""
        moments: dict[int, Moment] = {}
        shares = {n: [(row, value) for row, value in given.items() if row % len(self._workers) == n]
                  for n in range(len(self._workers))}
        shares = {n: share for n, share in shares.items() if share}
        lost = {n: why for n, share in shares.items() if (why := self._lost(n, what, share))}
        for n, share in shares.items():
            try:
                answer = self._answer(n, what, share, lost.get(n))
            except BaseException:
                _end(self._workers, os.getpid())  # others have answers in their pipes, that nobody will hear
                raise
            for (row, _), (moment, digest) in zip(share, answer, strict=True):
                moments[row] = moment
                self._episodes[row].digests.append(digest)
        return moments

    def _lost(self, n: int, what: str, share: Any) -> str:
        try:
            self._ask(n, what, share)
        except _GoneError as gone:
            return str(gone)
        return ""

    def _answer(self, n: int, what: str, share: list[tuple[int, Any]], lost: str | None) -> list[Told]:
        while True:
            try:
                if lost:
                    self._again(n, lost, replay=what == "step")
                    self._ask(n, what, share)
                answer: list[Told] = self._hear(n)
            except _GoneError as gone:
                lost = str(gone)
            else:
                return answer

    def _again(self, n: int, why: str, *, replay: bool) -> None:
        """Start a worker again, and bring its running episodes to where they were."""
        self._restarts += 1
        if self._restarts > RESTARTS:
            text = f"worker {n} {why}; workers were started again {RESTARTS} times since these episodes began"
            hint = f"see what it does in one process: {WORKERS}=1" if "said" not in why \
                else f"{PATIENCE}=SECONDS waits longer; {WORKERS}=1 plays in one process"
            raise failed("adapter.workers", self._where, text, hint)
        mine = [(row, e) for row, e in self._episodes.items() if row % len(self._workers) == n] if replay else []
        said = f"{self._where}: worker {n} {why}; it was started again, and plays its {len(mine)} running episodes " \
               f"again ({self._restarts} of {RESTARTS} times)"
        print(terminal(said), file=sys.stderr)
        self._stop(n)
        for row, episode in mine:
            for step, digest in enumerate(episode.digests):
                given = episode.seed if step == 0 else episode.actions[step - 1]
                self._ask(n, "reset" if step == 0 else "step", [(row, given)])
                if self._hear(n)[0][1] != digest:
                    text = f"worker {n} {why}, and an episode cannot be played again: the same seed and actions gave " \
                           f"something else at step {step}"
                    raise failed("adapter.workers", self._where, text, "`compose env check` looks at its randomness")

    def _ask(self, n: int, what: str, given: Any) -> None:
        worker = self._workers[n]
        if worker is None:
            worker = self._workers[n] = self._started(n)
        try:
            worker.pipe.send((what, given))
        except (BrokenPipeError, ConnectionResetError):
            raise self._gone(n) from None

    def _hear(self, n: int) -> Any:
        worker = self._workers[n]
        assert worker is not None
        try:
            if not worker.pipe.poll(self._patience):
                raise _GoneError(f"said nothing for {self._patience:g} s")
            kind, *told = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            raise self._gone(n) from None
        if kind == "wrong":
            raise SpecError(*told[0])
        if kind == "raised":
            error = RuntimeError(f"{self._where}: {told[0]}")
            error.add_note(told[1])
            raise error
        return told[0]

    def _gone(self, n: int) -> _GoneError:
        worker = self._workers[n]
        assert worker is not None
        worker.process.join(1)
        code = worker.process.exitcode
        return _GoneError("died" if code is None else f"died of signal {-code}" if code < 0 else f"ended with {code}")

    def _started(self, n: int) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [ours, *(other.pipe for other in self._workers if other is not None)]
        process = context.Process(target=work, args=(self._make, theirs, others), daemon=True, name=f"worker {n}")
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _stop(self, n: int) -> None:
        _end_one(self._workers[n])
        self._workers[n] = None


def _end(workers: list[_Worker | None], owner: int) -> None:
    if os.getpid() != owner:
        return  # a worker that was forked while these were known
    for n, worker in enumerate(workers):
        _end_one(worker)
        workers[n] = None


def _end_one(worker: _Worker | None) -> None:
    if worker is not None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
