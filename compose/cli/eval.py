"""``compose eval``: how well does the policy of a run play?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete, page
from compose.cli.options import LARGEST_SEED, Device, Json, Plugin, episodes_count, examples, finite
from compose.cli.page import Cell
from compose.cli.reporting import FAILED, print_json, reporting

if TYPE_CHECKING:
    from compose.training.runs import Evaluation

EXAMPLES = examples(
    "compose eval runs/first",
    "compose eval runs/first --episodes 1000 --seed 7",
    "compose eval runs/first --mark 0.7",
    "compose eval runs/marines --env skirmish/medium_mt_unseen",
    "compose eval runs/first --json",
)


def eval_(
    run: Annotated[Path, typer.Argument(
        metavar="RUN", autocompletion=complete.runs, help="Folder of a run that `compose train` made.")],
    env: Annotated[str | None, typer.Option(
        "--env", metavar="ENV", autocompletion=complete.envs,
        help="Another environment, with what acting reads in the same sizes.",
        show_default="the run's")] = None,
    episodes: Annotated[int, typer.Option(
        "--episodes", parser=episodes_count, metavar="COUNT", help="How many to play.")] = 256,
    seed: Annotated[int | None, typer.Option(
        "--seed", metavar="N", min=0, max=LARGEST_SEED, help="Of the episodes.",
        show_default="the run's, as while training",
    )] = None,
    mark: Annotated[float | None, typer.Option(
        "--mark", metavar="RATE", min=0, max=1, callback=finite, help="Exit with 1 if less is solved.")] = None,
    device: Device = "cpu",
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Play episodes with the newest weights of a run, greedily; none of them was ever trained on."""
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.train import checked_device, reaches
        from compose.training.runs import evaluate

        load_plugins(plugin or ())
        found = evaluate(run, env, episodes, seed=seed, device=checked_device(device))
        total = found.score
        if json:
            print_json({"ok": mark is None or total.success >= mark, "run": str(run), "episodes": total.episodes,
                        "success": total.success, "return": total.returned, "length": total.length,
                        "measures": found.measures, "rows": list(found.rows)})
        else:
            _show(run, found)
    passed = total.success >= mark if json and mark is not None else mark is None or reaches(total.success, mark)
    if not passed:
        raise typer.Exit(FAILED)


def _show(run: Path, found: Evaluation) -> None:
    """Means over all episodes, then by task if there are several."""
    groups = {"all": found.score, **(found.tasks if len(found.tasks) > 1 else {})}
    page.line(Cell(str(run), "title"))
    heads = ("", "solved", "return", "length", "episodes")
    lines: list[tuple[Cell, ...]] = [tuple(Cell(head, "dim", right=bool(head)) for head in heads)]
    for name, one in groups.items():
        numbers = (f"{one.success:.2f}", f"{one.returned:.2f}", f"{one.length:.1f}", f"{one.episodes:,}")
        lines.append((Cell(name, "name"), *(Cell(n, right=True) for n in numbers)))
    page.table(lines)
    if found.measures:
        page.line("mean " + ", ".join(f"{name} {value:.2f}" for name, value in found.measures.items()))
