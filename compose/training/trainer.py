"""The loop around a learner: evaluate, log, save, until the end is reached."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from compose.language.diagnostics import SpecError
from compose.training.checkpoint import latest, read_tensors, restore_replay, save_checkpoint
from compose.training.clocks import Clocks, moving_params
from compose.training.curve import Point, points
from compose.training.evaluate import Row, evaluate, score
from compose.training.folder import RunFolder, reading
from compose.training.interrupt import Interrupt
from compose.training.learner import Learner
from compose.training.loggers.told import Loggers
from compose.training.loggers.video import video
from compose.training.progress import Reporter
from compose.training.records import State
from compose.training.settings import Settings


@contextmanager
def keeping(folder: RunFolder) -> Iterator[None]:
    """Around a training: where a value is not finite, what is kept of the run is told too."""
    try:
        yield
    except SpecError as error:
        if all(problem.code != "train.not_finite" for problem in error.diagnostics):
            raise
        last = latest(folder)
        note = "no checkpoint was written before, so no weights are kept" if last is None \
            else f"the last checkpoint, {last}, holds the weights of before"
        raise SpecError(*(replace(problem, notes=(*problem.notes, note)) for problem in error.diagnostics)) from None


class Trainer:
    """Trains into a folder. Call :meth:`resume` first to go on from the newest checkpoint there."""

    def __init__(self, learner: Learner, folder: RunFolder, settings: Settings, reporter: Reporter,
                 loggers: Loggers | None = None) -> None:
        self.learner, self.folder, self.settings, self.reporter = learner, folder, settings, reporter
        self.loggers = loggers or Loggers({}, lambda text: None)
        self._evaluations = -1
        self._logged = 0
        self._before_seconds = 0.0
        self._started = self._saved_at = time.monotonic()
        self._saved_updates = 0
        self.evaluations: list[Point] = []
        self._last_row: tuple[float, Clocks] = (self._started, Clocks())

    @property
    def wall_seconds(self) -> float:
        """Time spent, including what was spent before a resumption and is still of use."""
        return self._before_seconds + time.monotonic() - self._started

    def resume(self) -> None:
        """Go on from the newest checkpoint; rows written after it are dropped. Without one, start anew.

        Raises:
            SpecError: ``run.file`` or ``run.damaged`` if a file is missing or not as a run writes it; nothing is
                changed then.
        """
        checkpoint = latest(self.folder)
        if checkpoint is None:
            self.folder.cut_logs({})
            return
        known = RunFolder(checkpoint).record("state.json", State)
        tensors = {group: read_tensors(checkpoint, group) for group in self.learner.groups}
        with reading(checkpoint):
            self.learner.restore(tensors, known)
            restore_replay(self.folder, checkpoint, self.learner.replay)
            if known.chunks and self.learner.replay.added != known.clocks.episodes:
                raise ValueError(f"the replay ends at another episode than {known.clocks.episodes}")
        self._evaluations, self._logged, self._before_seconds = known.evaluations, known.logged, known.wall_seconds
        self.look(checkpoint)
        self.folder.cut_logs(known.logs)
        self._saved_updates = self.learner.clocks.updates
        self._last_row = (time.monotonic(), Clocks(**self.learner.clocks.read()))

    def look(self, checkpoint: Path | None) -> None:
        """Set the clocks and the evaluations made to those of a checkpoint, so that :meth:`finished` can be asked.

        Raises:
            SpecError: ``run.file`` or ``run.damaged``.
        """
        known = None if checkpoint is None else RunFolder(checkpoint).record("state.json", State)
        self.learner.clocks = Clocks(**known.clocks.model_dump()) if known else Clocks()
        size = known.logs.get("evals", 0) if known else 0
        with reading(self.folder.path / "evals.jsonl"):
            self.evaluations = points(self.folder.rows("evals", size))

    def run(self) -> None:
        """Train to the end, save, then evaluate unless that was just done. Ctrl-C saves first, then interrupts.

        The last rows are written after the last checkpoint: a resumption with a later end drops them, and its logs are
        those of one longer run.
        """
        learner = self.learner
        with self.reporter, Interrupt() as interrupt, keeping(self.folder):
            self.reporter.interrupt = interrupt
            while not self.finished():
                if learner.due() > 0:
                    learner.update()
                elif self.evaluation_due():
                    self._evaluate()
                else:
                    learner.collect(self.episodes_left())
                if learner.due() <= 0:
                    self.log_on_time()
                late, asked = learner.ranks.any(self.save_due(), interrupt.asked)
                if late:
                    self.save()
                self.reporter.moved(learner.clocks)
                if asked:
                    self.save()
                    raise KeyboardInterrupt
            self.save()
            self.log()
            self._evaluate()

    def save(self) -> None:
        """Write a checkpoint."""
        state = {**self.learner.state(), "logs": self.folder.log_sizes(), "evaluations": self._evaluations,
                 "logged": self._logged, "wall_seconds": self.wall_seconds}
        save_checkpoint(self.folder, self.learner.tensors(), state, self.learner.replay)
        self.learner.replay.saved()
        self.saved()

    def saved(self) -> None:
        """There is a new checkpoint."""
        self._saved_at, self._saved_updates = time.monotonic(), self.learner.clocks.updates

    def finished(self) -> bool:
        """Whether to end: at once with the last update, or when the mark has held; for steps and episodes once the
        updates due have been made."""
        now, ends = self.learner.clocks.read(), self.settings.ends
        reached = {name for name, end in ends.items() if now[name] >= end}
        return "updates" in reached or (bool(reached) and self.learner.due() <= 0) or self._held()

    @property
    def ended_early(self) -> bool:
        """Whether the mark has held before any other end was reached."""
        now, ends = self.learner.clocks.read(), self.settings.ends
        return self._held() and all(now[name] < end for name, end in ends.items())

    def _held(self) -> bool:
        return self.settings.until is not None and self.settings.until.reached(self.evaluations)

    def episodes_left(self) -> int | None:
        """Episodes to collect until the end, if it is measured in episodes."""
        end = self.settings.episodes
        return None if end is None else end - self.learner.clocks.episodes

    def evaluation_due(self) -> bool:
        """Whether it is time for an evaluation; says so once."""
        turn = self.learner.clocks.env_steps // self.settings.eval_every
        due, self._evaluations = turn > self._evaluations, max(turn, self._evaluations)
        return due

    @property
    def evaluated(self) -> bool:
        """Whether the present moment has been evaluated."""
        return bool(self.evaluations) and (self.evaluations[-1].env_steps, self.evaluations[-1].updates) == self._now

    @property
    def first_episode(self) -> int:
        """The number of the first episode of an evaluation now: never played before, and given by the clocks alone."""
        return self.learner.clocks.episodes * self.settings.eval_episodes

    def record(self, rows: Sequence[Row]) -> None:
        """Write down an evaluation."""
        steps, updates = self._now
        found = score(rows)
        self.evaluations.append(Point(steps, updates, found))
        self.folder.append("evals", *({"env_steps": steps, "updates": updates, **row} for row in rows))
        self.loggers.evaluation((steps, updates), rows)
        self.reporter.scored(self.learner.seed, self.learner.clocks, found)

    @property
    def _now(self) -> tuple[int, int]:
        return self.learner.clocks.env_steps, self.learner.clocks.updates

    def _evaluate(self) -> None:
        learner = self.learner
        if self.evaluated:
            return
        params = moving_params(learner.model, learner.clocks)
        rows = evaluate(learner.model, learner.env, self.settings.eval_episodes, seed=learner.seed,
                        first_episode=self.first_episode, params=params, ranks=learner.ranks)
        self.record(rows)
        if self.settings.log_video:
            self.loggers.video(self._now, partial(video, learner.model, learner.env, seed=learner.seed,
                                                  episode=self.first_episode, params=params))
        self.reporter.evaluated(learner.clocks, str(score(rows)))

    def log_on_time(self) -> None:
        """Write a row of metrics if it is time."""
        turn = self.learner.clocks.env_steps // self.settings.log_every
        if turn > self._logged:
            self._logged = turn
            self.log()

    def log(self) -> None:
        """Write a row of metrics."""
        now, clocks = time.monotonic(), Clocks(**self.learner.clocks.read())
        then, before = self._last_row
        seconds = max(now - then, 1e-9)
        wall = {"seconds": self.wall_seconds, "updates_per_second": (clocks.updates - before.updates) / seconds,
                "env_steps_per_second": (clocks.env_steps - before.env_steps) / seconds}
        row = {**self.learner.metrics(), "wall": wall}
        self.folder.append("metrics", row)
        self.loggers.metrics(row)
        self._last_row = (now, clocks)

    def save_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        by_updates = self.settings.checkpoint_updates
        made = self.learner.clocks.updates - self._saved_updates
        late = time.monotonic() - self._saved_at >= self.settings.checkpoint_seconds
        return late or (by_updates is not None and made >= by_updates)
