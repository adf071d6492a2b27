"""``compose compare``: does one method score more than another, and how sure is that?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compose.cli import complete, page
from compose.cli.options import Json, count, examples, finite
from compose.cli.page import Cell
from compose.cli.plot import Measure, tell
from compose.cli.reporting import print_json, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.study.sides import Side
    from compose.study.statistics.bootstrap import Estimate
    from compose.study.statistics.scores import LeftOut
    from compose.study.verdicts import Verdict

EXAMPLES = examples(
    "compose compare runs/refil runs/qmix",
    "compose compare runs/refil runs/qmix --at 1M",
    "compose compare runs/refil runs/qmix --measure return",
    "compose compare refil qmix_attention --runs runs",
    "compose compare runs/refil runs/refil_fast --same-within 0.05",
    "compose compare runs/refil runs/qmix --json",
)
SIDE = "Folder of a run, of seeds, or one that holds such: all of one spec. With --runs, a spec's name."
WORDS = {"held": "ok", "contradicted": "wrong", "not shown": "not proved"}


def compare(
    left: Annotated[Path, typer.Argument(metavar="A", help=SIDE, autocompletion=complete.runs)],
    right: Annotated[Path, typer.Argument(metavar="B", help="The same.", autocompletion=complete.runs)],
    runs: Annotated[Path | None, typer.Option(
        "--runs", metavar="DIR", help="Where runs of both specs lie, as those of a study do.")] = None,
    measure: Measure = None,
    at: Annotated[int | None, typer.Option(
        "--at", parser=count, metavar="STEPS", help="Environment steps after which they are compared.",
        show_default="the most that all runs have come to")] = None,
    window: Annotated[int, typer.Option(
        "--window", metavar="N", min=1, max=1000, help="Evaluations whose mean is a run's score.")] = 5,
    same_within: Annotated[float | None, typer.Option(
        "--same-within", metavar="D", callback=finite, help="Ask whether they differ by no more than this.",
        show_default="ask whether A is better")] = None,
    json: Json = False,
) -> None:
    """Compare two methods by their runs: IQMs, their difference, how likely A beats B.

    A run's score is the mean of its last evaluations up to a step. All intervals
    are 95 % stratified bootstrap intervals over runs; that of the difference
    decides. Fewer than three runs on a side show nothing. Environments count the
    same; returns in several are normalised by the least and most that is shown.
    """
    with reporting(as_json=json):
        from compose.study.claims import Claim
        from compose.study.curves import check_measure, furthest_common, usual_measure
        from compose.study.sides import apart, matched_sides, named_side, shown_ranges, side
        from compose.study.verdicts import decide

        if same_within is not None and same_within <= 0:
            raise SpecError(Diagnostic("usage", "must be above 0", "--same-within"))
        if runs is None:
            (a, out), (b, more) = side([left]), side([right])
        else:
            (a, out), (b, _), more = named_side(str(left), [runs]), named_side(str(right), [runs]), []
        a, b, lacking = matched_sides(a, b)
        both = [*a.every(), *b.every()]
        chosen = measure or usual_measure(both)
        check_measure(chosen, *both)
        step = at or furthest_common(both)
        if step > min(max(run.reached for run in one.every()) for one in (a, b)):
            hint = f"the furthest to which all have come is {furthest_common(both)}"
            raise SpecError(Diagnostic("compare.at", "no run of one side has come so far", f"--at {step}", hint=hint))
        ranges = shown_ranges((a, b), chosen) if chosen != "success" and len(a.runs) > 1 else None
        (x, first), (y, second) = (one.scores(chosen, step, window, ranges) for one in (a, b))
        names = (a.name, b.name)
        if a.name == b.name:
            names = apart(a, b) or (f"{a.name} ({left})", f"{b.name} ({right})")
        claim = Claim(*names, "better" if same_within is None else "same", same_within, step)
        verdict = decide(claim, x, y)
        left_out = [*out, *more, *lacking, *first, *second, *(verdict.found.left_out if verdict.found else ())]
        about = {"measure": chosen, "at": step, "window": window, "normalised": ranges is not None}
        if json:
            print_json(_data(verdict, about, left_out, _specs(a, b)))
        else:
            _show(verdict, about, left_out, _specs(a, b))


def _specs(a: Side, b: Side) -> tuple[str, str] | None:
    """Runs whose specs `compose diff` tells the difference of; None if there is none."""
    for env, some in a.runs.items():
        if a.hashes[env] != b.hashes[env]:
            return str(some[0].folder), str(b.runs[env][0].folder)
    return None


def _said(verdict: Verdict) -> str:
    claim, outcome = verdict.claim, verdict.outcome
    if claim.relation == "same":
        return {"held": f"they are the same up to {claim.within:g}",
                "contradicted": f"they differ by more than {claim.within:g}",
                "not shown": "neither that they are the same nor that they differ is shown"}[outcome]
    return {"held": f"{claim.left} is better", "contradicted": f"{claim.right} is better",
            "not shown": "neither is shown to be better"}[outcome]


def _show(verdict: Verdict, about: dict[str, Any], left_out: list[LeftOut], specs: tuple[str, str] | None) -> None:
    claim, found = verdict.claim, verdict.found
    scale = ", normalised" if about["normalised"] else ""
    page.line(Cell(f"{claim.left} and {claim.right}", "title"), Cell(
        f"  {about['measure']}{scale} at {about['at']:,} env steps, mean of {about['window']} evaluations", "dim"))
    if found is not None:
        n, m = (" + ".join(str(pair[i]) for pair in found.runs.values()) for i in (0, 1))
        heads = tuple(Cell(head, "dim", right=i > 0) for i, head in enumerate(("", "runs", "IQM", "95 % interval")))
        chance = f"P({claim.left} > {claim.right})"
        page.table([heads, _row(claim.left, n, found.left), _row(claim.right, m, found.right),
                    _row("difference", "", found.difference), _row(chance, "", found.improvement)])
        if len(found.runs) > 1:
            page.line(Cell(f"over {', '.join(found.runs)}", "dim"), indent=2)
    page.line(Cell(_said(verdict), WORDS[verdict.outcome]), f": {verdict.why}")
    tell(left_out)
    if specs:
        page.line(Cell(f"what differs between their specs: compose diff {specs[0]} {specs[1]}", "dim"))
    else:
        page.line(Cell("both are the same spec", "dim"))


def _row(name: str, runs: str, one: Estimate) -> tuple[Cell, ...]:
    return (Cell(name, "name"), Cell(runs, right=True), Cell(f"{float(one.value):.3f}", right=True),
            Cell(f"{float(one.low):.3f} to {float(one.high):.3f}", right=True))


def _data(verdict: Verdict, about: dict[str, Any], left_out: list[LeftOut],
          specs: tuple[str, str] | None) -> dict[str, Any]:
    found = verdict.found
    estimates = {} if found is None else {"a_iqm": found.left, "b_iqm": found.right, "difference": found.difference,
                                          "improvement": found.improvement}
    numbers = {name: {"value": float(one.value), "low": float(one.low), "high": float(one.high)}
               for name, one in estimates.items()}
    return {"ok": True, "a": verdict.claim.left, "b": verdict.claim.right, **about,
            "asked": verdict.claim.relation, "within": verdict.claim.within, "outcome": verdict.outcome,
            "verdict": _said(verdict), "why": verdict.why, **numbers,
            "runs": {} if found is None else {task: list(pair) for task, pair in found.runs.items()},
            "same_spec": specs is None, "left_out": [{"what": one.what, "why": one.why} for one in left_out]}
