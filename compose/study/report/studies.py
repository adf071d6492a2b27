"""A report of a study: its methods, claims and measure, and those of its runs that are there."""

from __future__ import annotations

from collections.abc import Mapping

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.claims import Claim
from compose.study.curves import RunCurve, read_run
from compose.study.file.model import Study
from compose.study.file.reading import LoadedStudy
from compose.study.report.asked import Asked
from compose.study.results import There
from compose.study.runs.changes import spec_changes
from compose.study.runs.planned import Plan, Planned, run_path
from compose.study.runs.standing import Standing, standings
from compose.study.runs.workspace import Workspace
from compose.study.sides import Side
from compose.study.statistics.normalise import Range, by_reference
from compose.study.statistics.scores import LeftOut


def there(loaded: LoadedStudy, plan: Plan, workspace: Workspace) -> There:
    """The runs of a study that lie here. A run counts that is done, or has come to the last step of ``measure.at``.

    Raises:
        SpecError: ``run.damaged``, ``run.file``.
    """
    last = max(loaded.study.measure.at, default=None)
    runs: list[tuple[Planned, RunCurve]] = []
    missing: list[LeftOut] = []
    for one in standings(workspace, plan.runs):
        path = run_path(workspace.runs, one.run)
        found = read_run(path) if (path / "run.json").is_file() else None
        counts = found is not None and len(found) and (one.state == "done" or (last is not None
                                                                               and found.reached >= last))
        if found is not None and counts:
            runs.append((one.run, found))
        else:
            missing.append(LeftOut(one.run.name, _why(one)))
    return There(tuple(runs), tuple(missing))


def asked(loaded: LoadedStudy, plan: Plan, found: There) -> Asked:
    """What a report of a study is about.

    Raises:
        SpecError: ``study.best`` if scores are to be put on a scale from chance to ``measure.best``, and the runs know
            no chance level, or it is none below.
    """
    study, measure = loaded.study, loaded.study.measure
    runs: dict[str, dict[str, list[RunCurve]]] = {label: {} for label in plan.methods}
    for one, curve in found.runs:
        runs[one.method].setdefault(one.env, []).append(curve)
    methods = {label: Side(label, {env: tuple(some) for env, some in envs.items()}) for label, envs in runs.items()}
    return Asked(study.study, methods, _claims(loaded), measure.score, measure.at, measure.window,
                 _ranges(study, methods), found.missing, study.summary, _differences(loaded))


def _differences(loaded: LoadedStudy) -> dict[tuple[str, str], tuple[str, ...]]:
    """How the methods that a claim compares differ, the better one (as claimed) after the other."""
    found = {}
    for claim in _claims(loaded).values():
        left, right = loaded.method(claim.left), loaded.method(claim.right)
        if left is not None and right is not None and (right.label, left.label) not in found:
            env = claim.env or loaded.study.envs[0]
            found[right.label, left.label] = spec_changes(right.spec, left.spec, env)
    return found


def _claims(loaded: LoadedStudy) -> dict[str, Claim]:
    """The claims, of the labels of methods."""
    found = {}
    for name, text in loaded.study.claims.items():
        claim = Claim.read(text)
        left, right = (loaded.method(side) for side in (claim.left, claim.right))
        if left is not None and right is not None:
            found[name] = Claim(left.label, right.label, claim.relation, claim.within, claim.at, claim.env, text)
    return found


def _why(one: Standing) -> str:
    steps = one.clocks.get("env_steps", 0)
    at = f", at {steps:,} env steps" if steps else ""
    if one.failure is not None:
        return f"failed{at}: {one.failure.words}"
    return {"waiting": "not made yet", "begun": f"stopped{at}", "running": f"running{at}",
            "done": "was not evaluated"}.get(one.state, one.state)


def _ranges(study: Study, methods: Mapping[str, Side]) -> dict[str, Range] | None:
    """From chance to the stated best, in each environment that has runs."""
    best, measure = study.measure.best, study.measure.score
    if best is None:
        return None
    levels: dict[str, float] = {}
    known = {"success": "success", "return": "returned", "length": "length"}.get(measure)
    for side in methods.values():
        for env, some in side.runs.items():
            for run in some:
                reached = [float(getattr(one, known)) for one in run.about.chance.values()] if known else []
                if reached:
                    levels[env] = max(levels.get(env, reached[0]), *reached)
    envs = {env for side in methods.values() for env in side.runs}
    if unknown := sorted(envs - set(levels)):
        hint = "measure it: train: {chance: 256}" if known else "it is measured of success, return and length alone"
        raise SpecError(Diagnostic("study.best", f"the runs know no chance level of {measure} in {unknown[0]}",
                                   "measure.best", hint=hint))
    try:
        return by_reference(levels, dict.fromkeys(levels, best)) if levels else None
    except ValueError as error:
        raise SpecError(Diagnostic("study.best", str(error), "measure.best")) from None
