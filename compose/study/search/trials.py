"""Proposals of settings, and what came of them: Optuna's studies, each in a journal that outlives the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.file.model import Search
from compose.study.file.ranges import Range

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna import Trial as OptunaTrial
    from optuna.distributions import BaseDistribution

Setting = dict[str, Any]
DIGITS = 6
"""Of numbers that are proposed: what a file says is what was tried."""


@dataclass(frozen=True)
class Tried:
    """A setting and its score; None if it was ended early."""

    setting: Setting
    score: float | None


@dataclass(frozen=True, eq=False)
class Trial:
    """A setting that is being tried."""

    number: int
    setting: Setting
    _trial: OptunaTrial

    def behind(self, stage: int, score: float) -> bool:
        """How it stands after a stage; gives whether it is to be ended early."""
        self._trial.report(score, stage)
        return self._trial.should_prune()


class Trials:
    """The search of one spec.

    Args:
        path: The journal.
        search: How to look.
        places: Where, of all places of the search.

    Raises:
        SpecError: ``study.search`` if Optuna is not installed, or the journal is another search's.
    """

    def __init__(self, path: Path, search: Search, places: list[str]) -> None:
        try:
            import optuna
            from optuna.storages.journal import JournalFileBackend
        except ImportError:
            hint = "pip install 'compose-marl[search]'"
            raise SpecError(Diagnostic("study.search", "a search needs Optuna", "vary", hint=hint)) from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._states = optuna.trial.TrialState
        self._space = {place: _distribution(search.search[place]) for place in places}
        pruner = optuna.pruners.MedianPruner(n_startup_trials=4) if search.prune == "median" \
            else optuna.pruners.NopPruner()
        backend = JournalFileBackend(str(path))
        self._study: OptunaStudy = optuna.create_study(
            storage=optuna.storages.JournalStorage(backend), study_name="search", direction="maximize",
            load_if_exists=True, pruner=pruner)  # fmt: skip
        self._check(path)
        self._again()
        seed = search.seed + len(self._study.trials)  # else one that goes on would propose its first settings again
        self._study.sampler = optuna.samplers.RandomSampler(seed) if search.by == "random" \
            else optuna.samplers.TPESampler(seed=seed)

    def _check(self, path: Path) -> None:
        places = self._study.user_attrs.get("space")
        mine = {place: str(one) for place, one in self._space.items()}
        if places is None:
            self._study.set_user_attr("space", mine)
        elif places != mine:
            text = "holds a search of other settings or ranges"
            hint = "give the study another name, or move the journal away"
            raise SpecError(Diagnostic("study.search", text, str(path), hint=hint))

    def _again(self) -> None:
        """What a process that died was trying is proposed again: its runs are there, or go on."""
        for trial in self._study.trials:
            if trial.state == self._states.RUNNING:
                self._study.tell(trial.number, state=self._states.FAIL)
                self._study.enqueue_trial(trial.params)

    @property
    def tried(self) -> list[Tried]:
        """Those with a score, and those that were ended early, in their order."""
        ended = (self._states.COMPLETE, self._states.PRUNED)
        return [Tried(_plain(one.params), one.value if one.state == self._states.COMPLETE else None)
                for one in self._study.trials if one.state in ended]

    @property
    def failed(self) -> int:
        """How many could not be made."""
        return sum(one.state == self._states.FAIL and one.user_attrs.get("failed", False) for one in self._study.trials)

    def ask(self) -> Trial:
        """A new setting."""
        trial = self._study.ask(self._space)
        return Trial(trial.number, _plain(trial.params), trial)

    def tell(self, trial: Trial, score: float | None) -> None:
        """What came of a trial; None: it was ended early."""
        if score is None:
            self._study.tell(trial.number, state=self._states.PRUNED)
        else:
            self._study.tell(trial.number, score)

    def fail(self, trial: Trial) -> None:
        """A trial whose runs could not all be made."""
        trial._trial.set_user_attr("failed", True)
        self._study.tell(trial.number, state=self._states.FAIL)


def _distribution(one: Range) -> BaseDistribution:
    from optuna import distributions as of

    if one.kind == "choice":
        return of.CategoricalDistribution(one.values)
    if one.kind == "int":
        return of.IntDistribution(int(one.low), int(one.high))
    return of.FloatDistribution(one.low, one.high, log=one.kind == "log")


def _plain(params: Mapping[str, Any]) -> Setting:
    return {place: float(f"{x:.{DIGITS}g}") if isinstance(x, float) else x for place, x in params.items()}
