"""``compose check``: is a spec right, and what can be proved about it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compose.cli import complete, page
from compose.cli.options import SPEC, Env, Format, Json, Plugin, Set, examples
from compose.cli.page import Cell
from compose.cli.reporting import FAILED, WRONG, print_json, reporting, show
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.graph.proofs import Proof
    from compose.graph.typed_spec import TypedSpec

EXAMPLES = examples(
    "compose check refil --env smac/3-8sz",
    "compose check mine/refil.yaml --set params.lambda=0.7",
    "compose check refil vdn_attention qmix_mean_pooling --env group_matching",
    "compose check refil --env group_matching --numeric",
    "compose check mine/refil.yaml --json",
)


def check(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC", help=SPEC, autocompletion=complete.specs)],
    env: Env = None,
    numeric: Annotated[bool, typer.Option(
        "--numeric", help="Also attack the proofs with random numbers, looking for counter-examples (needs torch).")]
    = False,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
    format: Format = "text",
) -> None:
    """Check the form, names and axes of specs, then prove what can be proved, and compare it with what they claim.

    Without --env, sizes stay symbolic. Exit code 0: all as claimed; 1: a claim is not met; 2: a mistake in a spec.
    """
    as_json = json or format == "json"
    with reporting(as_json=as_json):
        from compose.cli.plugins import load_plugins

        load_plugins(plugin or ())
        results = [_result(spec, env, overrides or [], numeric) for spec in specs]
        if as_json:
            print_json({"ok": all(r.ok for r in results), "specs": [r.as_json() for r in results]})
        elif len(results) == 1:
            _show_one(results[0])
        else:
            _show_all(results)
    if any(r.problems for r in results):
        raise typer.Exit(WRONG)
    if not all(r.ok for r in results):
        raise typer.Exit(FAILED)


class _Result:
    """The check of one spec: what it is about and its proofs, or the mistakes that stop it."""

    def __init__(self, spec: str, about: TypedSpec | None, proofs: Sequence[Proof],
                 problems: tuple[Diagnostic, ...]) -> None:
        self.spec, self.about, self.proofs, self.problems = spec, about, proofs, problems

    @property
    def ok(self) -> bool:
        return not self.problems and all(proof.as_claimed for proof in self.proofs)

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"spec": self.spec, "ok": self.ok, "diagnostics": [d.as_json() for d in self.problems]}
        if self.about is not None:
            schema = self.about.schema
            data |= {"env": schema.name if schema else None, "proofs": [p.as_json() for p in self.proofs],
                     "notes": [note.as_json() for note in self.about.graph.notes]}
        return data


def _result(spec: str, env: str | None, overrides: list[str], numeric: bool) -> _Result:
    from compose.compiler.check import check as made

    try:
        found = made(spec, env, numeric=numeric, overrides=overrides)
    except SpecError as error:
        return _Result(spec, None, (), error.diagnostics)
    return _Result(spec, found.about, found.proofs, ())


def _show_one(result: _Result) -> None:
    if result.about is None:
        show(result.problems)
        return
    about = result.about
    page.line(Cell(about.loaded.spec.name, "title"), Cell(f"  {about.environment}", "dim"))
    page.table(_proof_rows(result.proofs))
    for proof in result.proofs:
        if proof.path and proof.outcome in ("not proved", "refuted"):
            page.line()
            page.line(f"{proof.name}: the path", indent=2)
            page.paragraph(" -> ".join(proof.path), indent=4)
    if about.graph.notes:
        page.line()
        for note in about.graph.notes:
            page.paragraph(f"note: {note.where + ': ' if note.where else ''}{note.message}", indent=2, style="dim")
    page.line()
    wrong = [proof for proof in result.proofs if not proof.as_claimed]
    if wrong:
        for proof in wrong:
            page.line(Cell(f"{proof.name} is {proof.outcome}, but the spec claims '{proof.expected}'", "wrong"))
        return
    loose = [p.name for p in result.proofs if p.expected is None and p.outcome in ("not proved", "refuted")]
    if loose:
        claimed = [p.name for p in result.proofs if p.expected is not None]
        met = f"as claimed: {', '.join(claimed)}. " if claimed else ""
        page.line(Cell(f"{met}Not proved, and not claimed either: {', '.join(loose)}", "wrong"))
    else:
        page.line(Cell("everything is as the spec claims", "ok"))


def _proof_rows(proofs: Sequence[Proof]) -> list[tuple[Cell, Cell, Cell]]:
    """A line for each proof: its name, what came of it, how."""
    return [(Cell(p.name, "name"), Cell(p.outcome, p.outcome), Cell(p.how)) for p in proofs]


def _show_all(results: list[_Result]) -> None:
    """A row for each spec, a column for each proof; mistakes go to stderr."""
    names = next(([p.name for p in r.proofs] for r in results if r.proofs), [])
    marks = {"proved": "proved", "soft": "soft", "not proved": "no", "refuted": "refuted", "not applicable": "-"}
    rows: list[list[Cell]] = [[Cell("spec", "dim"), *(Cell(n, "dim") for n in names), Cell("claims", "dim")]]
    for result in results:
        if result.about is not None:
            cells = [Cell(marks[p.outcome], p.outcome) for p in result.proofs]
            verdict = Cell("met", "ok") if result.ok else Cell("not met", "wrong")
        else:
            cells = [Cell("-", "dim") for _ in names]
            verdict = Cell(f"{len(result.problems)} mistake{'s' * (len(result.problems) > 1)}", "wrong")
        rows.append([Cell(result.spec, "name"), *cells, verdict])
    page.table(rows, indent=0)
    problems = list(dict.fromkeys(d for r in results for d in r.problems))
    if problems:
        page.line()
        show(problems)
