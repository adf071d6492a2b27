"""What the passes do: to programs in general, and to one spec."""

from __future__ import annotations

import inspect
from typing import Any

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.reporting import print_json
from compose.graph.typed_spec import TypedSpec, schema_of


def show(about: TypedSpec, *, as_json: bool = False) -> None:
    """Print the work of one update before and after each pass."""
    schema = schema_of(about)
    from compose.compiler.pass_costs import account

    found = account(about.graph)
    if as_json:
        print_json({"spec": about.loaded.spec.name, "env": schema.name, "passes": [vars(one) for one in found]})
        return
    page.line(Cell(about.loaded.spec.name, "title"), Cell(f"  {about.environment}", "dim"))
    page.paragraph("One gradient of `learn`, really computed on random episodes of usual lengths.", indent=2)
    first = found[0]
    rows = [(Cell("after", "dim"), Cell("operations", "dim"), Cell("GFLOP of matrix products", "dim"),
             Cell("MB written", "dim"))]
    for one in found:
        rows.append((Cell(one.after, "name"), Cell(str(one.calls)),
                     Cell(f"{one.flops / 1e9:,.2f}  {_times(first.flops, one.flops)}"),
                     Cell(f"{one.bytes / 1e6:,.1f}  {_times(first.bytes, one.bytes)}")))
    page.table(rows)


def _times(before: int, now: int) -> str:
    return f"({before / now:.1f} times less)" if now and before / now >= 1.05 else ""


def described() -> list[dict[str, Any]]:
    """Every pass in order: name, what its module says, what it does."""
    from compose.compiler.passes import PASSES

    return [{"name": one.__name__, "text": inspect.cleandoc(one.__doc__ or "")} for one in PASSES]


def describe(*, as_json: bool = False) -> None:
    """Print what every pass is for."""
    found = described()
    if as_json:
        print_json({"passes": found})
        return
    page.title("passes", "rewrites of the program that learns, in their order; none changes a number")
    for one in found:
        page.line(Cell(one["name"], "name"))
        page.paragraph(" ".join(one["text"].split()), indent=2)
