"""``compose plot``: curves of runs as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from compose.cli import complete, page
from compose.cli.options import Json, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting

if TYPE_CHECKING:
    from compose.study.bands import Band
    from compose.study.gathering import Line
    from compose.study.statistics.scores import LeftOut

EXAMPLES = examples(
    "compose plot runs/first",
    "compose plot runs/refil runs/qmix -o curves.pdf",
    "compose plot runs/refil runs/qmix --measure return --against seconds -o time.svg",
    "compose plot runs/study --env skirmish/3m --env skirmish/8m -o maps.png",
    "compose plot runs/study --json",
)
RUNS = "Folders of runs, of several seeds, or folders that hold such."
Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help=RUNS, autocompletion=complete.runs)]
Measure = Annotated[str | None, typer.Option(
    "--measure", metavar="NAME", help="success, return, length, or one that the environment has.",
    show_default="success; return where none succeeded")]


def plot(
    runs: Runs,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="PDF, SVG or PNG, by its ending.")]
    = Path("curves.png"),
    measure: Measure = None,
    against: Annotated[Literal["env_steps", "updates", "seconds"], typer.Option(
        "--against", help="What the x axis is; seconds are those of training, evaluation included.")] = "env_steps",
    env: Annotated[list[str] | None, typer.Option(
        "--env", metavar="ENV", help="Of runs in several environments those in this one; repeatable.")] = None,
    task: Annotated[str | None, typer.Option(
        "--task", metavar="TASK", help="Only episodes of this task of an environment.")] = None,
    json: Json = False,
) -> None:
    """Draw how well runs play over training: a line for each spec, a panel for each environment.

    Runs of one spec in one environment are one line: the interquartile mean
    (IQM) over runs, at each evaluation by itself. From three runs on it has a
    band, the 95 % bootstrap interval: where the IQM of other seeds may lie.
    """
    with reporting(as_json=json):
        from compose.cli.files import check_named
        from compose.language.atomic_write import save
        from compose.study.bands import band
        from compose.study.curves import check_task, usual_measure
        from compose.study.figures.panels import panels
        from compose.study.figures.style import ENDINGS
        from compose.study.gathering import in_envs, lines

        if not json:
            check_named("--out", out, ENDINGS)
        found, left_out = lines(runs)
        found = in_envs(found, env or ())
        if task is not None:
            check_task(task, [run for line in found for run in line.runs])
        chosen = measure or usual_measure(run for line in found for run in line.runs)
        bands = [band(line, chosen, against, task) for line in found]
        if json:
            print_json(_data(bands, left_out, chosen, against))
            return
        save(out, panels(bands, chosen, against, ending=out.suffix, chance=_chance(found, chosen)))
        _show(bands, left_out, chosen, out)


def _chance(found: list[Line], measure: str) -> dict[str, float]:
    """The best chance level of each environment, of runs that measured it."""
    levels: dict[str, float] = {}
    for line in found:
        for run in line.runs:
            known = run.about.chance.values()
            here = [one.success if measure == "success" else one.returned for one in known]
            if here and measure in ("success", "return"):
                levels[line.env] = max(levels.get(line.env, here[0]), *here)
    return levels


def _show(bands: list[Band], left_out: list[LeftOut], measure: str, out: Path) -> None:
    page.line(Cell(str(out), "title"), Cell(f"  {measure}, IQM over runs", "dim"))
    rows: list[tuple[Cell, ...]] = [tuple(Cell(head, "dim", right=i > 1) for i, head in enumerate(
        ("spec", "environment", "runs", "at", "IQM", "95 % interval")))]
    for one in bands:
        interval = "" if one.low is None or one.high is None else f"{one.low[-1]:.3g} to {one.high[-1]:.3g}"
        at, value = (f"{one.x[-1]:,.0f}", f"{one.value[-1]:.3g}") if len(one.x) else ("", "")
        rows.append((Cell(one.name, "name"), Cell(one.env),
                     *(Cell(text, right=True) for text in (str(one.runs), at, value, interval))))
    page.table(rows)
    tell(left_out, [out for one in bands for out in one.left_out])
    if any(one.low is None for one in bands):
        page.line(Cell("a band needs three runs of a line", "dim"))


def tell(*groups: list[LeftOut]) -> None:
    """Say what does not count, each once."""
    for text in dict.fromkeys(str(one) for group in groups for one in group):
        page.paragraph(text, style="changed")


def _data(bands: list[Band], left_out: list[LeftOut], measure: str, against: str) -> dict[str, Any]:
    out = [*left_out, *(one for band in bands for one in band.left_out)]
    return {
        "ok": True, "measure": measure, "against": against,
        "lines": [{"spec": one.name, "env": one.env, "runs": one.runs, against: one.x.tolist(),
                   "iqm": one.value.tolist(), "low": None if one.low is None else one.low.tolist(),
                   "high": None if one.high is None else one.high.tolist()} for one in bands],
        "left_out": [{"what": one.what, "why": one.why} for one in dict.fromkeys(out)],
    }  # fmt: skip
