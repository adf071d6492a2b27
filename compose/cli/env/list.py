"""``compose env list``: families of environments and their instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import page
from compose.cli.options import Json, Plugin, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting, show
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.numerals import number

if TYPE_CHECKING:
    from compose.graph.schema import EntitySchema

EXAMPLES = examples(
    "compose env list",
    "compose env list smac",
    "compose env list '*m_*'",
    "compose env list --plugin mine.py --json",
)


@dataclass
class _Family:
    """What is listed of one family: its instances with their sentences, or what is wrong with it."""

    name: str
    summary: str = ""
    needs: str = ""
    instances: dict[str, str] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


def list_(
    pattern: Annotated[str | None, typer.Argument(
        metavar="PATTERN", show_default=False, help="A part of a name, or a pattern with * and ?.")] = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """List the environments: each family with what it is and whether it runs here, and its instances.

    A family that needs something which is not in this package is data only:
    specs are checked, built and compared against its schemas, not trained.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins

        load_plugins(plugin or ())
        found = _families(pattern)
        if json:
            print_json({"families": {f.name: _data(f) for f in found}})
            return
        for i, family in enumerate(found):
            if i:
                page.line()
            _show(family)
        if not pattern:
            page.line()
            page.line(Cell("compose env describe NAME tells more; the path of a schema file is a name, too", "dim"))
        show(problem for family in found for problem in family.problems)


def _families(pattern: str | None) -> list[_Family]:
    """Families with instances that match. Raises SpecError if there are none."""
    from compose.envs import catalogue, families

    found: list[_Family] = []
    names: list[str] = []
    for name in families.families():
        one = _Family(name)
        try:
            family = families.find(name)
            members, one.summary, one.needs = family.instances, family.family.summary, family.needs
            names += [name, *members]
            one.instances = {m: _sentence(catalogue.schema(m), one.summary) for m in members if _matches(m, pattern)}
        except SpecError as error:
            one.problems = error.diagnostics
        if one.instances or (one.problems and _matches(name, pattern)):
            found.append(one)
    if not found:
        text, near = f"no environment matches '{pattern}'", did_you_mean(pattern, names)
        raise SpecError(Diagnostic("unknown-environment", text, hint=near or "`compose env list` names them all"))
    return found


def _sentence(schema: EntitySchema, family: str) -> str:
    """What an instance says of itself, or if that is what its family says, its sizes."""
    if schema.summary != family:
        return schema.summary
    fewest, most = schema.present_range("agent")
    tasks = f", {number(len(schema.tasks))} tasks" if len(schema.tasks) > 1 else ""
    agents = number(most) if fewest == most else f"{number(fewest)} to {number(most)}"
    return f"{agents} agents, {number(schema.limit)} step{'s' * (schema.limit > 1)}{tasks}."


def _matches(name: str, pattern: str | None) -> bool:
    return pattern is None or pattern in name or fnmatchcase(name, pattern)


def _show(family: _Family) -> None:
    state = "does not load" if family.problems else f"data only, needs {family.needs}" if family.needs else "runs"
    page.line(Cell(family.name, "title"), Cell(f"  {state}", "wrong" if family.problems else "dim"))
    if family.problems:
        return
    page.paragraph(family.summary, indent=2)
    page.table(((Cell(name, "name"), text) for name, text in family.instances.items()), indent=4)


def _data(family: _Family) -> dict[str, object]:
    return {"summary": family.summary, "runs": not (family.needs or family.problems), "needs": family.needs,
            "instances": family.instances, "diagnostics": [problem.as_json() for problem in family.problems]}
