"""What came out of a run, for people and for tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from compose.training.curve import draw_curve, points
from compose.training.evaluate import Score
from compose.training.folder import RunFolder, write_json
from compose.training.say import say, shown, table
from compose.training.until import HELD, recent


@dataclass(frozen=True)
class RunResult:
    """A finished training."""

    folder: Path
    """Where everything about it is."""
    clocks: dict[str, int]
    """What was done: ``env_steps``, ``episodes``, ``updates``."""
    final: Score
    """The last evaluation."""
    recent: Score
    """The mean of the last evaluations: what marks are about (:func:`~compose.training.until.recent`)."""
    best: Score
    """The evaluation with the highest success rate, then return."""
    chance: dict[str, Score]
    """Name of a chance level -> what it reaches; empty unless measured."""
    wall_seconds: float
    """How long it took, all resumptions together."""
    early: str = ""
    """The mark that ended it before its end, if one did."""
    curve: tuple[tuple[int, float], ...] = ()
    """(environment steps, success rate) of every evaluation."""
    returns: tuple[tuple[int, float], ...] = ()
    """(environment steps, return) of every evaluation."""


def summarise(folder: RunFolder, title: str, clocks: Mapping[str, int], chance: Mapping[str, Score],
              wall_seconds: float, early: str = "", *, picture: bool = True) -> RunResult:
    """Read the evaluations of a run and write ``summary.json`` and, unless without ``picture``,
    ``learning_curve.png``."""
    evaluations = points(folder.rows("evals"))
    best = max(evaluations, key=lambda point: (point.score.success, point.score.returned))
    result = RunResult(folder.path, dict(clocks), evaluations[-1].score, recent(evaluations), best.score, dict(chance),
                       wall_seconds, early, tuple((point.env_steps, point.score.success) for point in evaluations),
                       tuple((point.env_steps, point.score.returned) for point in evaluations))
    if picture:
        draw_curve(folder.path / "learning_curve.png", title, evaluations, chance)
    write_json(folder.path / "summary.json", _plain(result, best.env_steps), folder=False)
    return result


def show(result: RunResult, console: Console) -> None:
    """Print a result."""
    clocks = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in result.clocks.items())
    rows = table(console, f"{result.folder}: {clocks}", "", ("solved", "return", "length", "episodes"))
    last = f"mean of the last {result.recent.episodes // result.final.episodes}"
    trained = {"trained": result.final, last: result.recent, "best evaluation": result.best}
    for name, level in {**trained, **result.chance}.items():
        numbers = f"{level.success:.2f}", f"{level.returned:.2f}", f"{level.length:.1f}", str(level.episodes)
        rows.add_row(shown(name), *numbers)
    show_curve(result, console)
    console.print(rows)
    if result.early:
        say(console, f"ended early: {result.early} has held over {HELD} evaluations")
    rates = (f"{result.clocks[name] / max(result.wall_seconds, 1e-9):.1f} {what}/s"
             for name, what in (("updates", "updates"), ("env_steps", "env steps")))
    line = f"{result.wall_seconds:.0f} s, {', '.join(rates)}, evaluation included"
    say(console, line)


def show_curve(result: RunResult, console: Console, *, rows: int = 12, width: int | None = None) -> None:
    """Print the success rate over environment steps as bars, with the best chance level marked in each; the return
    where no episode succeeded, as in games without a goal."""
    width = width or max(8, min(40, console.width - 20))
    goal = any(success for _, success in result.curve)
    name, curve = ("solved", result.curve) if goal else ("return", result.returns)
    every = max(1, -(-len(curve) // rows))
    kept = [*curve[:-1][::every], *curve[-1:]]
    level = max((score.success if goal else score.returned for score in result.chance.values()), default=None)
    seen = [x for _, x in kept] + ([] if level is None else [level])
    low, high = (0.0, 1.0) if goal else (min(0.0, *seen), max(0.0, *seen))
    full = "█" if console.encoding.startswith("utf") else "#"

    def length(x: float) -> int:
        return round((x - low) / (high - low) * width) if high > low else 0

    console.print(shown(f"env steps  {name}", "bold") + ("" if level is None else f"  (| chance {level:.2f})"))
    for steps, value in kept:
        bar = list(full * length(value) + " " * (width - length(value)))
        if level is not None:
            bar[min(length(level), width - 1)] = "|"
        say(console, f"{steps:9,}  {value:6.2f}  {''.join(bar).rstrip()}")
    say(console, f"{result.folder / 'learning_curve.png'}\n")


def _plain(result: RunResult, best_at: int) -> dict[str, Any]:
    return {
        **result.clocks,
        "final": asdict(result.final),
        "recent": asdict(result.recent),
        "best": {**asdict(result.best), "env_steps": best_at},
        "chance": {name: asdict(level) for name, level in result.chance.items()},
        "early": result.early,
        "wall": {"seconds": result.wall_seconds},
    }
