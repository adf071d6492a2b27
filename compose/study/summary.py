"""What came out of several seeds: a table, a file and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from rich.console import Console

from compose.training.curve import Point, draw_panels, points
from compose.training.evaluate import Score
from compose.training.folder import RunFolder, write_json
from compose.training.say import say, shown, table
from compose.training.summary import RunResult
from compose.training.until import HELD, mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES = "learning_curves.png"


@dataclass(frozen=True)
class SeedsResult:
    """The finished trainings of several seeds."""

    folder: Path
    runs: dict[int, RunResult]
    """By seed."""

    @property
    def final(self) -> Score:
        """The mean of the seeds' last evaluations."""
        return mean([run.final for run in self.runs.values()])

    @property
    def recent(self) -> Score:
        """The mean of the means of the seeds' last evaluations."""
        return mean([run.recent for run in self.runs.values()])

    @property
    def chance(self) -> dict[str, Score]:
        """The mean of each chance level."""
        levels = [run.chance for run in self.runs.values()]
        return {name: mean([one[name] for one in levels]) for name in levels[0] if all(name in one for one in levels)}


def summarise_seeds(folder: Path, spec: str, env: str, runs: Mapping[int, RunResult]) -> SeedsResult:
    """Write ``summary.json`` and ``learning_curves.png`` beside the seeds' folders."""
    result = SeedsResult(folder, dict(runs))
    curves = {seed: points(RunFolder(run.folder).rows("evals")) for seed, run in runs.items()}
    draw_curves(folder / CURVES, f"{spec} in {env}", curves, result.chance)
    write_json(folder / "summary.json", {
        "seeds": {str(seed): {
            "folder": run.folder.name, **run.clocks, "final": asdict(run.final), "recent": asdict(run.recent),
            "best": asdict(run.best), "early": run.early,
        } for seed, run in runs.items()},
        "final": asdict(result.final), "recent": asdict(result.recent),
        "chance": {name: asdict(level) for name, level in result.chance.items()},
    })  # fmt: skip
    return result


def draw_curves(path: Path, title: str, curves: Mapping[int, list[Point]], chance: Mapping[str, Score]) -> None:
    """Write a PNG: every seed's success rate and return over environment steps, thin, and their mean, thick.

    The mean is over evaluations of the same rank (first, second, ...), as far as every seed has them, at the mean of
    their steps.
    """
    ranks = list(zip(*curves.values(), strict=False))

    def plot(axes: Axes, name: str) -> None:
        for number, curve in enumerate(curves.values()):
            axes.plot([point.env_steps for point in curve], [getattr(point.score, name) for point in curve],
                      color="C0", alpha=0.35, linewidth=1, label="" if number else "one seed")
        axes.plot([fmean(point.env_steps for point in rank) for rank in ranks],
                  [fmean(getattr(point.score, name) for point in rank) for rank in ranks],
                  color="C0", linewidth=2.2, label="mean")

    scores = [point.score for curve in curves.values() for point in curve]
    draw_panels(path, plot, scores, chance, f"{title}: {len(curves)} seeds")


def show_seeds(result: SeedsResult, console: Console) -> None:
    """Print a line for each seed, their mean and spread, and the chance levels."""
    columns = ("solved", "return", "length", "best", "updates", "env steps")
    rows = table(console, f"{result.folder}: {len(result.runs)} seeds", "seed", columns)
    for seed, run in result.runs.items():
        clocks = (f"{run.clocks[name]:,}" for name in ("updates", "env_steps"))
        rows.add_row(str(seed), *_numbers(run.final), f"{run.best.success:.2f}", *clocks)
    rows.add_section()
    runs = list(result.runs.values())
    rows.add_row("mean", *_numbers(result.final), f"{fmean(run.best.success for run in runs):.2f}")
    if len(runs) > 1:
        names = ("success", "returned", "length")
        rows.add_row("std", *(f"{stdev(getattr(run.final, name) for run in runs):.2f}" for name in names),
                      f"{stdev(run.best.success for run in runs):.2f}")
    rows.add_section()
    for name, level in result.chance.items():
        rows.add_row(shown(f"chance, {name}"), *_numbers(level))
    console.print(rows)
    early = [str(seed) for seed, run in result.runs.items() if run.early]
    if early:
        mark = next(run.early for run in runs if run.early)
        say(console, f"ended early: seeds {', '.join(early)}; {mark} has held over {HELD} evaluations")
    for name in (CURVES, "summary.json"):
        say(console, str(result.folder / name))


def _numbers(level: Score) -> tuple[str, str, str]:
    return f"{level.success:.2f}", f"{level.returned:.2f}", f"{level.length:.1f}"
