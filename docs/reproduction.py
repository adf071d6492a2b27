"""The tables of docs/reproduction.md, made of the results in docs/results/: ``python docs/reproduction.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from compose.language.atomic_write import replace_file
from compose.study.file.reading import load_study
from compose.study.report.asked import Asked
from compose.study.report.cost import cost
from compose.study.report.studies import asked
from compose.study.results import read_results
from compose.study.runs.planned import planned

ROOT = Path(__file__).resolve().parents[1]
PAGE, RESULTS = ROOT / "docs" / "reproduction.md", ROOT / "docs" / "results"
CLAIMS = ["| study | claim | outcome | difference of IQMs | runs |", "|---|---|---|---|---|"]
COSTS = ["| study | runs | of | minutes of one core | made with |", "|---|---|---|---|---|"]


def of_study(path: Path) -> tuple[Asked, int, str]:
    """What the results of a study say; how many runs it plans; what they were made with."""
    loaded = load_study(path.stem)
    plan = planned(loaded)
    found = asked(loaded, plan, read_results(path, plan))
    made = [run.about for side in found.methods.values() for run in side.every()]
    ways = sorted({f"compose {one.versions.get('compose', '?')}, torch {one.versions.get('torch', '?')}, "
                   f"{one.made.get('processor', '?')}" for one in made})
    return found, len(plan.runs), "; ".join(ways)


def claims(found: Asked) -> Iterator[str]:
    """A row for each claim."""
    for claim in found.claims.values():
        verdict, _ = found.verdict(claim)
        versus = verdict.found
        shown = "" if versus is None else "{:+.3g} [{:.3g}, {:.3g}]".format(
            *(float(x) for x in (versus.difference.value, versus.difference.low, versus.difference.high)))
        runs = "" if versus is None else ", ".join(f"{a} and {b}" for a, b in dict.fromkeys(versus.runs.values()))
        yield f"| `{found.title}` | {claim} | **{verdict.outcome}** | {shown} | {runs} |"


def tables() -> dict[str, list[str]]:
    """The tables of the page, by the names of their places."""
    made = {"claims": list(CLAIMS), "costs": list(COSTS)}
    for path in sorted(RESULTS.glob("*.json")):
        found, planned_runs, ways = of_study(path)
        made["claims"] += claims(found)
        costs = [cost(side) for side in found.methods.values() if side.runs]
        runs, minutes = sum(one.runs for one in costs), 60 * sum(one.hours for one in costs)
        made["costs"].append(f"| `{path.stem}` | {runs} | {planned_runs} | {minutes:.0f} | {ways} |")
    return made


def page(text: str) -> str:
    """The page with its tables made anew: each stands between ``<!-- NAME -->`` and ``<!-- end -->``."""
    for name, lines in tables().items():
        block = "\n".join([f"<!-- {name} -->", "", *lines, "", "<!-- end -->"])
        text, count = re.subn(rf"<!-- {name} -->.*?<!-- end -->", lambda _, b=block: b, text, flags=re.DOTALL)
        assert count == 1, name
    return text


if __name__ == "__main__":
    replace_file(PAGE, page(PAGE.read_text(encoding="utf-8")))
