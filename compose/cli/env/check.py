"""``compose env check``: does an environment keep to its schema and to the interface?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete, page
from compose.cli.env.describe import NAME
from compose.cli.options import AT_A_TIME, Device, Json, Plugin, examples
from compose.cli.page import Cell
from compose.cli.reporting import FAILED, print_json, reporting, show
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.envs.conformance import Report

EXAMPLES = examples(
    "compose env check group_matching",
    "compose env check mine --plugin mine.py",
    "compose env check group_matching/tasks --episodes 256 --seeds 0..3",
    "compose env check group_matching --json",
)
_STYLES = {"holds": "ok", "violated": "wrong", "not seen": "dim", "not checked": "dim"}


def check(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=complete.envs, help=NAME)],
    episodes: Annotated[int, typer.Option(
        "--episodes", metavar="N", min=2, max=AT_A_TIME, help="Episodes to play under each seed.")] = 32,
    seeds: Annotated[str, typer.Option("--seeds", metavar="SEEDS", help="At least two, such as 0..3 or 1,5.")] = "0..1",
    device: Device = "cpu",
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Play an environment with random legal actions, and test whether it keeps to its schema and to the interface.

    Shapes, features, masks, presence, tasks, bounds, ends, determinism,
    independence of the batch, random numbers. Each finding has a code, says
    what was expected, what was found, and where.

    Exit code 0: all properties hold that could be seen; 1: one is violated;
    2: there is no such environment. `compose.envs.conformance.assert_conforms`
    is the same as one line of a test.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.train import checked_device
        from compose.envs import catalogue
        from compose.study.seeds import read_seeds

        load_plugins(plugin or ())
        numbers = read_seeds(seeds)
        if len(numbers) < 2:
            text = "two seeds are the least that shows whether they differ"
            raise SpecError(Diagnostic("usage", text, where="--seeds", hint="such as 0..1"))
        catalogue.schema(name)
        from compose.envs.conformance import check as tested

        report = tested(name, episodes=episodes, seeds=numbers, device=checked_device(device))
        if json:
            print_json({"ok": not report.findings, "env": report.title, "episodes": report.episodes,
                        "steps": report.steps, "seeds": list(report.seeds),
                        "properties": [result.as_json() for result in report.results]})
        else:
            _show(report)
    if report.findings:
        raise typer.Exit(FAILED)


def _show(report: Report) -> None:
    seeds = ", ".join(map(str, report.seeds))
    page.line(Cell(report.title, "title"),
              Cell(f"  {report.episodes:,} episodes, {report.steps:,} steps, seeds {seeds}", "dim"))
    page.table((Cell(result.property.name, "name"), Cell(result.outcome, _STYLES[result.outcome]),
                result.reason or result.property.says) for result in report.results)
    page.line()
    violated = sum(result.outcome == "violated" for result in report.results)
    unseen = sum(result.outcome in ("not seen", "not checked") for result in report.results)
    rest = f"; {unseen} could not be tested" if unseen else ""
    if violated:
        page.line(Cell(f"{violated} of {len(report.results)} properties violated{rest}", "wrong"))
        page.line()
        show(finding.diagnostic() for finding in report.findings)
    else:
        page.line(Cell(f"nothing is wrong{rest}", "ok"))
