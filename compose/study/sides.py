"""One side of a comparison: a method, its runs in each environment, and their scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.study.apart import by_lines
from compose.study.curves import WINDOW, RunCurve
from compose.study.gathering import lines
from compose.study.runs.planned import run_path
from compose.study.runs.workspace import PREFIX, Workspace
from compose.study.statistics.normalise import Range, by_shown
from compose.study.statistics.scores import LeftOut
from compose.training.folder import RunFolder


@dataclass(frozen=True)
class Side:
    """A method and its runs."""

    name: str
    runs: dict[str, tuple[RunCurve, ...]]
    """By environment."""

    @property
    def hashes(self) -> dict[str, str]:
        """What its spec is, by environment."""
        return {env: some[0].about.spec_hash for env, some in self.runs.items()}

    def every(self) -> list[RunCurve]:
        """All its runs."""
        return [run for some in self.runs.values() for run in some]

    def scores(self, measure: str, at: int | None = None, window: int = WINDOW,
               ranges: dict[str, Range] | None = None) -> tuple[dict[str, list[float]], list[LeftOut]]:
        """The value of each run at a step, by environment, normalised by ``ranges`` if given; and which runs have none.

        Raises:
            SpecError: ``measure.unknown``.
        """
        found: dict[str, list[float]] = {env: [] for env in self.runs}
        out = []
        for env, some in self.runs.items():
            for run in some:
                value = run.value(measure, at, window)
                if value is None:
                    why = f"is at {run.reached:,} of {at:,} env steps" if at is not None and run.reached < at \
                        else f"{measure} was no number"
                    out.append(LeftOut(str(run.folder), why))
                else:
                    found[env].append(float(ranges[env]([value])[0]) if ranges else value)
        return found, out


def side(paths: Iterable[Path]) -> tuple[Side, list[LeftOut]]:
    """The runs of folders as those of one method, and which do not count.

    Raises:
        SpecError: As :func:`~compose.study.gathering.lines`; ``compare.specs`` if they are of two specs in one
            environment.
    """
    paths = list(paths)
    found, out = lines(paths)
    envs: dict[str, list[str]] = {}
    for line in found:
        envs.setdefault(line.env, []).append(str(line.runs[0].folder))
    several = [(env, folders) for env, folders in envs.items() if len(folders) > 1]
    if several:
        env, folders = several[0]
        text = f"holds runs of {len(folders)} specs in {env}, and a side of a comparison is one"
        where, hint = ", ".join(map(str, paths)), f"name the folders of one, such as {_above(folders[0])}"
        raise SpecError(Diagnostic("compare.specs", text, where, hint=hint, notes=tuple(folders)))
    names = list(dict.fromkeys(line.name for line in found))
    return Side(" / ".join(names), {line.env: line.runs for line in found}), out


def named_side(name: str, paths: Iterable[Path]) -> tuple[Side, list[LeftOut]]:
    """Of the runs of folders those of the spec ``name``: of studies, whose runs all lie in one folder. It may also be
    what a study there calls a method.

    Raises:
        SpecError: As :func:`~compose.study.gathering.lines`; ``compare.name`` if no run is of it; as :func:`side` if
            studies there call several specs so.
    """
    paths = list(paths)
    found, out = lines(paths)
    known = list(dict.fromkeys(line.name for line in found))
    if name not in known:
        labelled = _labelled(paths)
        if name in labelled:
            return replace((one := side(labelled[name]))[0], name=name), one[1]
        known += [label for label in labelled if label not in known]
        hint = did_you_mean(name, known) or f"they are of: {', '.join(known)}"
        raise SpecError(Diagnostic("compare.name", f"no run is of the spec '{name}'", hint=hint))
    return Side(name, {line.env: line.runs for line in found if line.name == name}), out


def matched_sides(a: Side, b: Side) -> tuple[Side, Side, list[LeftOut]]:
    """Both sides in the environments that both have; and those that only one has.

    Raises:
        SpecError: ``compare.envs`` if there is none, ``compare.itself`` if a run is on both sides.
    """
    twice = {run.folder.resolve() for run in a.every()} & {run.folder.resolve() for run in b.every()}
    if twice:
        raise SpecError(Diagnostic("compare.itself", "is on both sides", str(min(twice))))
    common = [env for env in a.runs if env in b.runs]
    if not common:
        text = f"{a.name} has runs in {', '.join(a.runs)}, {b.name} in {', '.join(b.runs)}"
        raise SpecError(Diagnostic("compare.envs", text, hint="compare runs of the same environment"))
    out = [LeftOut(env, f"only {one.name} has runs in it, so it counts for nobody")
           for one in (a, b) for env in one.runs if env not in common]
    first, second = (Side(one.name, {env: one.runs[env] for env in common}) for one in (a, b))
    return first, second, out


def apart(a: Side, b: Side) -> tuple[str, str] | None:
    """What two sides of one name are called by the lines of their specs that differ; None if that says too little."""
    (first, *more), (second, *others) = ({run.about.spec_hash: run.folder / "spec.yaml" for run in side.every()}.items()
                                         for side in (a, b))
    if more or others or first[0] == second[0]:
        return None
    names = by_lines(a.name, dict((first, second)))
    return (names[first[0]], names[second[0]]) if names else None


def shown_ranges(sides: Sequence[Side], measure: str) -> dict[str, Range]:
    """The least and the most of all single episodes of all sides, by environment.

    Raises:
        SpecError: ``measure.unknown``.
    """
    envs = dict.fromkeys(env for one in sides for env in one.runs)
    return by_shown({env: [values for one in sides for run in one.runs.get(env, ()) for values in run.values(measure)]
                     for env in envs})


def _labelled(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """What studies among the runs of folders call methods -> the runs of each that are there."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        for place in sorted(path.glob(f"{PREFIX}*/plan.json")):
            plan = Workspace.at(place.parent).plan()
            for run in plan.runs if plan else ():
                if RunFolder(folder := run_path(path, run)).exists():
                    found.setdefault(run.method, []).append(folder)
    return found


def _above(folder: str) -> str:
    path = Path(folder)
    return str(path.parent if path.name.startswith("seed_") else path)
