"""The loop around a learner: evaluate, log, save, until the end is reached."""

from __future__ import annotations

import time

from compose.training.checkpoint import latest, read_state, read_tensors, restore_replay, save_checkpoint
from compose.training.clocks import Clocks, moving_params
from compose.training.evaluate import evaluate, score
from compose.training.folder import RunFolder, reading
from compose.training.interrupt import Interrupt
from compose.training.learner import Learner
from compose.training.progress import Reporter
from compose.training.settings import Settings

_GROUPS = ("weights", "target", "optimizers")


class Trainer:
    """Trains into a folder. Call :meth:`resume` first to go on from the newest checkpoint there."""

    def __init__(self, learner: Learner, folder: RunFolder, settings: Settings, reporter: Reporter) -> None:
        self.learner, self.folder, self.settings, self.reporter = learner, folder, settings, reporter
        self._evaluations = -1
        self._logged = 0
        self._before_seconds = 0.0
        self._started = self._saved_at = time.monotonic()
        self._saved_updates = 0
        self._evaluated_at: tuple[int, int] | None = None
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
        state = read_state(checkpoint)
        tensors = {group: read_tensors(checkpoint, group) for group in _GROUPS}
        with reading(checkpoint):
            self.learner.restore(tensors, state)
            restore_replay(self.folder, checkpoint, self.learner.replay)
            self._evaluations, self._logged = state["evaluations"], state["logged"]
            self._before_seconds, sizes = state["wall_seconds"], dict(state["logs"])
        self.folder.cut_logs(sizes)
        self._saved_updates = self.learner.clocks.updates
        self._last_row = (time.monotonic(), Clocks(**self.learner.clocks.read()))

    def run(self) -> None:
        """Train to the end, save, then evaluate once more. Ctrl-C saves first, then interrupts.

        The last rows are written after the last checkpoint: a resumption with a later end drops them, and its logs are
        those of one longer run.
        """
        learner = self.learner
        with self.reporter, Interrupt() as interrupt:
            while not self._finished():
                if learner.due() > 0:
                    learner.update()
                else:
                    self._evaluate_on_time()
                    learner.collect(self._episodes_left())
                if learner.due() <= 0:
                    self._log_on_time()
                self._save_on_time()
                self.reporter.moved(learner.clocks)
                if interrupt.asked:
                    self.save()
                    raise KeyboardInterrupt
            self.save()
            self._log()
            self._evaluate()

    def save(self) -> None:
        """Write a checkpoint."""
        state = {**self.learner.state(), "logs": self.folder.log_sizes(), "evaluations": self._evaluations,
                 "logged": self._logged, "wall_seconds": self.wall_seconds}
        save_checkpoint(self.folder, self.learner.tensors(), state, self.learner.replay)
        self._saved_at, self._saved_updates = time.monotonic(), self.learner.clocks.updates

    def _finished(self) -> bool:
        """An end in updates holds at once; one in steps or episodes once the updates due have been made."""
        now, ends = self.learner.clocks.read(), self.settings.ends
        reached = {name for name, end in ends.items() if now[name] >= end}
        return "updates" in reached or (bool(reached) and self.learner.due() <= 0)

    def _episodes_left(self) -> int | None:
        end = self.settings.episodes
        return None if end is None else end - self.learner.clocks.episodes

    def _evaluate_on_time(self) -> None:
        turn = self.learner.clocks.env_steps // self.settings.eval_every
        if turn > self._evaluations:
            self._evaluations = turn
            self._evaluate()

    def _evaluate(self) -> None:
        """Greedy episodes never played before; their numbers follow from the clocks alone. Once at a reading."""
        learner, count, clocks = self.learner, self.settings.eval_episodes, self.learner.clocks
        at = (clocks.env_steps, clocks.updates)
        if self._evaluated_at == at:
            return
        self._evaluated_at = at
        rows = evaluate(learner.model, learner.env, count, seed=learner.seed, first_episode=clocks.episodes * count,
                        params=moving_params(learner.model, clocks))
        self.folder.append("evals", *({"env_steps": at[0], "updates": at[1], **row} for row in rows))
        self.reporter.evaluated(clocks, str(score(rows)))

    def _log_on_time(self) -> None:
        turn = self.learner.clocks.env_steps // self.settings.log_every
        if turn > self._logged:
            self._logged = turn
            self._log()

    def _log(self) -> None:
        now, clocks = time.monotonic(), Clocks(**self.learner.clocks.read())
        then, before = self._last_row
        seconds = max(now - then, 1e-9)
        wall = {"seconds": self.wall_seconds, "updates_per_second": (clocks.updates - before.updates) / seconds,
                "env_steps_per_second": (clocks.env_steps - before.env_steps) / seconds}
        self.folder.append("metrics", {**self.learner.metrics(), "wall": wall})
        self._last_row = (now, clocks)

    def _save_on_time(self) -> None:
        by_updates = self.settings.checkpoint_updates
        made = self.learner.clocks.updates - self._saved_updates
        late = time.monotonic() - self._saved_at >= self.settings.checkpoint_seconds
        if late or (by_updates is not None and made >= by_updates):
            self.save()
