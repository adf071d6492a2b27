"""Making the trials of a search, some at a time, in stages: what is behind after a stage goes no further."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compose.language.diagnostics import SpecError
from compose.study.curves import read_run
from compose.study.file.methods import Method, places_of, varied_method
from compose.study.file.model import Search
from compose.study.file.reading import LoadedStudy
from compose.study.runs.planned import Plan, planned, run_path
from compose.study.runs.standing import Standing
from compose.study.runs.workspace import Workspace, make_folder
from compose.study.search.trials import Trial, Trials

STAGES = (0.25, 0.5, 1.0)
"""How much of the way to their ends runs go, where trials may be ended early."""
MOST_FAILED = 20
"""Trials of a spec that may fail before a search gives up."""
Drive = Callable[[Plan], Sequence[Standing]]
"""Makes the runs of a plan."""


@dataclass
class Searching:
    """The search of a study, spec by spec."""

    loaded: LoadedStudy
    workspace: Workspace
    drive: Drive
    at_once: int
    """Trials that are made at a time."""
    say: Callable[[str], None]
    known: dict[str, Trials] = field(default_factory=dict)

    def run(self) -> None:
        """Until every spec has had its trials. What a process that died has left goes on."""
        study = self.loaded.study
        assert isinstance(study.vary, Search)
        for name in study.specs:
            trials = self.trials(name)
            while (left := study.vary.trials - len(trials.tried)) > 0 and trials.failed < MOST_FAILED:
                self._round(name, trials, [trials.ask() for _ in range(min(left, self.at_once))])
                best = max((one.score for one in trials.tried if one.score is not None), default=None)
                found = "none with a score yet" if best is None else f"best {best:.4g}"
                self.say(f"{name}: {len(trials.tried)} of {study.vary.trials} trials, {found}")

    def trials(self, name: str) -> Trials:
        """The trials of a spec."""
        assert isinstance(self.loaded.study.vary, Search)
        if name not in self.known:
            path = journal(self.workspace, name)
            make_folder(path.parent)
            places = places_of(self.loaded.study, self.loaded.document, name)
            self.known[name] = Trials(path, self.loaded.study.vary, places)
        return self.known[name]

    def _round(self, name: str, trials: Trials, asked: Sequence[Trial]) -> None:
        assert isinstance(self.loaded.study.vary, Search)
        going: dict[Trial, Method] = {}
        for trial in asked:
            try:
                going[trial] = varied_method(self.loaded.study, self.loaded.document, name, trial.setting)
            except SpecError as error:
                self.say(f"{trial.setting}: {error.diagnostics[0].message}")
                trials.fail(trial)
        stages = STAGES if self.loaded.study.vary.prune != "none" else STAGES[-1:]
        for stage, share in enumerate(stages):
            plan = planned(self.loaded, list(going.values()), share)
            scores = self.scores(plan, self.drive(plan)) if going else {}
            for trial, method in list(going.items()):
                score = scores.get(method.label)
                if score is None:
                    trials.fail(trial)
                elif share == 1:
                    trials.tell(trial, score)
                elif trial.behind(stage, score):
                    trials.tell(trial, None)
                else:
                    continue
                del going[trial]

    def scores(self, plan: Plan, standings: Sequence[Standing]) -> Mapping[str, float]:
        """The mean score of each method whose runs are all there."""
        measure = self.loaded.study.measure
        found: dict[str, list[float]] = {}
        lost = set()
        for one in standings:
            curve = read_run(run_path(self.workspace.runs, one.run)) if one.state == "done" else None
            value = None if curve is None else curve.value(measure.score, one.run.ends.get("env_steps"), measure.window)
            if value is None:
                lost.add(one.run.method)
            else:
                found.setdefault(one.run.method, []).append(value)
        return {method: sum(values) / len(values) for method, values in found.items() if method not in lost}


def journal(workspace: Workspace, name: str) -> Path:
    """Where the trials of a spec are remembered."""
    return workspace.path / "search" / f"{name}.journal"
