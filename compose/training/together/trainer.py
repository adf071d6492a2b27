"""The loop around several learners: what each one's trainer would do, all at the same time.

:meth:`Trainer.run` is no case of it: a pass over stacked weights cannot be packed, and runs leave this loop one by one.
What the two could share, the order of a turn, is shorter than what would have to be said of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.clocks import Clocks
from compose.training.evaluate import Score, score
from compose.training.interrupt import Interrupt
from compose.training.progress import Reporter
from compose.training.together.evaluate import evaluate_together
from compose.training.together.group import Group
from compose.training.together.resume import resume_together
from compose.training.together.workers import Workers
from compose.training.trainer import Trainer, keeping


class TogetherTrainer:
    """Trains each learner into its own folder. Call :meth:`resume` first to go on from checkpoints there.

    Runs advance in step. One that reaches its end before the others (an end in environment steps comes at different
    episodes, a mark holds sooner for some) is finished and leaves.

    Args:
        trainers: One for each seed; their reporters stay silent.
        reporter: Shows the slowest of the clocks and, whenever all have a new evaluation, the means.
        workers: How many threads share out the passes.
        at_once: Seeds in one pass.
    """

    def __init__(self, trainers: Sequence[Trainer], reporter: Reporter, workers: int, at_once: int) -> None:
        self.trainers, self.reporter, self.at_once = list(trainers), reporter, at_once
        self.workers = Workers(workers)
        self._scores: dict[int, Score] = {}
        self._fresh: set[int] = set()

    def resume(self) -> None:
        """See :func:`~compose.training.together.resume.resume_together`."""
        resume_together(self.trainers)

    def run(self) -> None:
        """Train all to the end, save, then evaluate once more. Ctrl-C saves all first, then interrupts."""
        running = self.trainers
        with self.reporter, Interrupt() as interrupt, self.workers, keeping(self.trainers[0].folder):
            self.reporter.interrupt = interrupt
            while running:
                group = self._group(running)
                while not any(trainer.finished() for trainer in running):
                    self._turn(group, running)
                    if interrupt.asked:
                        self._save(running)
                        raise KeyboardInterrupt
                self._save(running)
                done = [trainer for trainer in running if trainer.finished()]
                for trainer in done:
                    trainer.log()
                self._evaluate([trainer for trainer in done if not trainer.evaluated], group)
                running = [trainer for trainer in running if trainer not in done]

    def _turn(self, group: Group, running: Sequence[Trainer]) -> None:
        first = running[0]
        if first.learner.due() > 0:
            group.update()
        else:
            due = [trainer for trainer in running if trainer.evaluation_due()]
            self._evaluate([trainer for trainer in due if not trainer.evaluated], group)
            if any(trainer.finished() for trainer in due):
                return
            group.collect(first.episodes_left())
        if first.learner.due() <= 0:
            for trainer in running:
                trainer.log_on_time()
        if first.save_due():
            self._save(running)
        self.reporter.moved(self._slowest())

    def _group(self, trainers: Sequence[Trainer]) -> Group:
        return Group([trainer.learner for trainer in trainers], self.workers, self.at_once)

    def _save(self, trainers: Sequence[Trainer]) -> None:
        """All of them, whatever one meets: only together can they go on."""
        problems: list[Diagnostic] = []
        for trainer in trainers:
            try:
                trainer.save()
            except SpecError as error:
                problems += error.diagnostics
        if problems:
            raise SpecError(*problems)

    def _evaluate(self, trainers: Sequence[Trainer], group: Group) -> None:
        if not trainers:
            return
        learners, episodes = [trainer.learner for trainer in trainers], trainers[0].settings.eval_episodes
        found = evaluate_together(learners, episodes, [trainer.first_episode for trainer in trainers], group.act)
        for trainer, rows in zip(trainers, found, strict=True):
            trainer.record(rows)
            self._scores[trainer.learner.seed] = score(rows)
            self._fresh.add(trainer.learner.seed)
        if len(self._fresh) == len(self.trainers):
            self._fresh.clear()
            self.reporter.evaluated(self._slowest(), self._latest())

    def _slowest(self) -> Clocks:
        return min((t.learner.clocks for t in self.trainers), key=lambda clocks: (clocks.env_steps, clocks.updates))

    def _latest(self) -> str:
        scores = list(self._scores.values())
        solved = [one.success for one in scores]
        return (f"solved {fmean(solved):.2f} ({min(solved):.2f} to {max(solved):.2f}), "
                f"return {fmean(one.returned for one in scores):.2f}")
