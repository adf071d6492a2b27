"""Several loggers of one run: nobody is told anything twice, and whatever fails ends no training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from compose.training.folder import RunFolder, write_json, write_whole
from compose.training.loggers.interface import LoggedRun, Logger, Outcome
from compose.training.loggers.names import evaluations, of_evaluation, of_metrics
from compose.training.records import Count, Record

KEPT = "loggers"
"""The folder, in a run's, of what each logger was told: ``NAME.json``."""
VIDEOS = "videos"
"""The folder of the GIFs of ``--log-video``."""
At = tuple[int, int]
"""Environment steps and updates."""


class Told(Record):
    """How far a logger was told of a run."""

    id: str
    """See :attr:`LoggedRun.id`."""
    metrics: list[Count] | None = None
    """Environment steps and updates of the last row of metrics."""
    evals: list[Count] | None = None
    """... and of the last evaluation."""
    videos: list[Count] | None = None
    """... and of the last video."""


class Loggers:
    """Those of one run, by name.

    Args:
        kinds: Name -> class.
        say: Takes a line for people.
    """

    def __init__(self, kinds: Mapping[str, type[Logger]], say: Callable[[str], None]) -> None:
        self.kinds, self.say = dict(kinds), say
        self._open: dict[str, tuple[Logger, Told]] = {}
        self._failed: set[str] = set()

    @contextmanager
    def telling(self, run: LoggedRun) -> Iterator[None]:
        """While it is open, the loggers are told; first, of all that the run keeps, what they do not know.

        Args:
            run: Its logs are cut to what is kept. Each logger gets an ``id`` of its own.
        """
        self.folder = RunFolder(run.folder)
        for name, kind in self.kinds.items():
            self._guard(name, partial(self._begin, name, kind, run))
        if self._open:
            self._catch_up()
        outcome: Outcome = "failed"
        try:
            yield
            outcome = "finished"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            for name, (logger, _) in list(self._open.items()):
                self._guard(name, partial(logger.end, outcome))

    def metrics(self, row: Mapping[str, Any]) -> None:
        """A row of ``metrics.jsonl``."""
        at = (row["env_steps"], row["updates"])
        self._tell("metrics", at, lambda logger: logger.metrics(at[0], of_metrics(row)))

    def evaluation(self, at: At, rows: Sequence[Mapping[str, Any]]) -> None:
        """The episodes of an evaluation."""
        self._tell("evals", at, lambda logger: logger.evaluation(at[0], of_evaluation(rows)))

    def video(self, at: At, draw: Callable[[], bytes]) -> None:
        """An episode of an evaluation, which is drawn if somebody is to be told."""
        if not self._open:
            return
        file = self.folder.path / VIDEOS / f"{at[0]:09d}-{at[1]:09d}.gif"
        try:
            file.parent.mkdir(exist_ok=True)
            write_whole(file, draw())
        except Exception as error:
            self._complain("--log-video", error)
        else:
            self._show(at, file)

    def _show(self, at: At, file: Path) -> None:
        self._tell("videos", at, lambda logger: logger.artefact(at[0], "evaluation/video", file))

    def _begin(self, name: str, kind: type[Logger], run: LoggedRun) -> None:
        logger, known = kind(), (self.folder.path / KEPT / f"{name}.json").is_file()
        told = self.folder.record(f"{KEPT}/{name}.json", Told) if known else Told(id=uuid4().hex)
        if logger.anew:
            told = Told(id=told.id)
        logger.begin(replace(run, id=told.id, resumed=known))
        self._open[name] = logger, told
        self._note(name, told)

    def _catch_up(self) -> None:
        for row in self.folder.rows("metrics"):
            self.metrics(row)
        for at, rows in evaluations(self.folder.rows("evals")):
            self.evaluation(at, rows)
            file = self.folder.path / VIDEOS / f"{at[0]:09d}-{at[1]:09d}.gif"
            if file.is_file():
                self._show(at, file)

    def _tell(self, what: str, at: At, call: Callable[[Logger], None]) -> None:
        """Tell every logger that was not told of this moment before.

        It is noted first: a kill in between loses a point, which hurts less than one that is there twice.
        """
        for name, (logger, told) in list(self._open.items()):
            last = getattr(told, what)
            if last is None or tuple(last) < at:
                told = told.model_copy(update={what: list(at)})
                self._open[name] = logger, told
                self._guard(name, partial(self._note, name, told))
                self._guard(name, partial(call, logger))

    def _note(self, name: str, told: Told) -> None:
        (self.folder.path / KEPT).mkdir(exist_ok=True)
        write_json(self.folder.path / KEPT / f"{name}.json", told.model_dump())

    def _guard(self, name: str, call: Callable[[], object]) -> None:
        try:
            call()
        except (Exception, SystemExit) as error:
            self._open.pop(name, None)
            self._complain(f"--log {name}", error)

    def _complain(self, option: str, error: BaseException) -> None:
        if option in self._failed:
            return
        self._failed.add(option)
        why = (str(error).strip().splitlines() or [""])[0]
        with suppress(Exception):
            self.say(f"{option} failed, the training goes on without it: {type(error).__name__}: {why}")
