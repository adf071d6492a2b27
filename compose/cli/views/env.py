"""One environment: entities, features, fields, actions, tasks, as its schema says."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.views.block import kind
from compose.graph.fields import Field
from compose.graph.schema import EntitySchema
from compose.language.docs import field_docs
from compose.language.numerals import number

if TYPE_CHECKING:
    from compose.envs.catalogue import Resolved

TASKS_SHOWN = 6


def options(settings: BaseModel | None) -> list[dict[str, Any]]:
    """Each option of a name: what it means, its value here and its meaning; none for a schema file."""
    if settings is None:
        return []
    model = type(settings)
    return [{"name": name, "type": _kind(info.annotation), "value": getattr(settings, name),
             "doc": field_docs(model).get(name, "")} for name, info in model.model_fields.items()]


def data(found: Resolved) -> dict[str, Any]:
    """For tools."""
    schema = found.schema
    return {"kind": "env", "name": schema.name, "hash": schema.hash, "sizes": schema.sizes,
            "runs": not found.needs, "needs": found.needs, "options": options(found.settings),
            "schema": schema.model_dump(mode="json")}


def show(found: Resolved) -> None:
    """Print one environment."""
    schema = found.schema
    runs = f"data only, needs {found.needs}" if found.needs else "runs"
    page.line(Cell(schema.name, "title"), Cell(f"  environment, {runs}", "dim"))
    page.line()
    page.paragraph(schema.summary, indent=2)
    if schema.note:
        page.paragraph(f"Note: {schema.note}", indent=2, style="not proved")
    page.line()
    end = "a truncation: values bootstrap through it" if schema.truncates else "stored as a true end"
    tasks = ", ".join(schema.tasks[:TASKS_SHOWN]) + (" ..." if len(schema.tasks) > TASKS_SHOWN else "")
    rows = [("agents", _present(schema, "agent")), ("others", _present(schema, "other")),
            ("limit", f"{number(schema.limit)} steps; the limit is {end}"),
            *([("reward", f"the {schema.reward} of the agents' own rewards")] if schema.reward != "own" else []),
            *([("returns", "{:g} to {:g} an episode".format(*schema.returns))] if schema.returns else []),
            ("tasks", f"{number(len(schema.tasks))}: {tasks}"), ("hash", schema.hash[:12])]
    page.table((Cell(what, "name"), text) for what, text in rows)
    page.title("entities")
    page.table((Cell(t.name, "name"), t.side, f"{t.min} to {t.max}") for t in schema.types)
    page.title("features", f"{schema.sizes['feature']} numbers an entity")
    starts = accumulate((f.size for f in schema.features), initial=0)
    page.table((Cell(f.name, "name"), Cell(_stretch(start, f.size), right=True), f.kind,
                f"{'' if len(f.of) > 1 else f'Only {f.of[0]}s have it. '}{f.what}")
               for start, f in zip(starts, schema.features, strict=False))
    total = schema.sizes["part" if schema.continuous else "action"]
    page.title("actions", f"{total} numbers an agent" if schema.continuous else f"{total}")
    starts = accumulate((g.count for g in schema.actions), initial=0)
    page.table((Cell(g.name, "name"), Cell(_stretch(start, g.count), right=True),
                f"from {g.low:g} to {g.high:g}" if g.kind == "continuous"
                else f"aimed at {g.targets}s" if g.targets else "aimed at nothing")
               for start, g in zip(starts, schema.actions, strict=False))
    page.title("fields", "env.NAME; row: about one entity, local: what the agent may know, global: anything else")
    page.table((Cell(name, "name"), f.scope, _typed(schema, f), f.what) for name, f in schema.fields.items())
    if options(found.settings):
        page.title("options", f"{schema.name.partition(':')[0]}:NAME=VALUE,NAME=VALUE")
        page.table((Cell(o["name"], "name"), o["type"], Cell(_value(o["value"]), right=True), o["doc"])
                   for o in options(found.settings))


def _stretch(start: int, size: int) -> str:
    """``4`` or ``4 - 9``: the indices of a stretch."""
    return f"{start}" if size == 1 else f"{start} - {start + size - 1}"


def _kind(annotation: object) -> str:
    """As a spec's author says it, but that text in a name is no axis."""
    return "text" if annotation is str else kind(annotation)


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _present(schema: EntitySchema, side: Any) -> str:
    fewest, most = schema.present_range(side)
    return number(most) if fewest == most else f"{number(fewest)} to {number(most)}"


def _typed(schema: EntitySchema, field: Field) -> str:
    """``bool[agent entity]``; batch and time, which nearly all have, as ``b t``."""
    short = {"batch": "b", "time": "t"}
    axes = " ".join(short.get(axis, axis) for axis in field.axes)
    return f"{'' if field.dtype == 'float' else field.dtype}[{axes}]"
