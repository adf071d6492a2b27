"""One environment: entities, features, fields, actions, tasks, as its schema says."""

from __future__ import annotations

from typing import Any

from compose.cli import page
from compose.cli.page import Cell
from compose.graph.fields import Field
from compose.graph.schema import EntitySchema
from compose.graph.text import number

TASKS_SHOWN = 6


def data(schema: EntitySchema) -> dict[str, Any]:
    """For tools."""
    return {"kind": "env", "name": schema.name, "hash": schema.hash, "sizes": schema.sizes,
            "schema": schema.model_dump(mode="json")}


def show(schema: EntitySchema) -> None:
    """Print one schema."""
    page.line(Cell(schema.name, "title"), Cell("  environment", "dim"))
    page.line()
    page.paragraph(schema.summary, indent=2)
    if schema.note:
        page.paragraph(f"Note: {schema.note}", indent=2, style="not proved")
    page.line()
    end = "a truncation: values bootstrap through it" if schema.truncates else "stored as a true end"
    tasks = ", ".join(schema.tasks[:TASKS_SHOWN]) + (" ..." if len(schema.tasks) > TASKS_SHOWN else "")
    rows = [("agents", _present(schema, "agent")), ("others", _present(schema, "other")),
            ("limit", f"{number(schema.limit)} steps; the limit is {end}"),
            ("tasks", f"{number(len(schema.tasks))}: {tasks}"), ("hash", schema.hash[:12])]
    page.table((Cell(what, "name"), text) for what, text in rows)
    page.title("entities")
    page.table((Cell(t.name, "name"), t.side, f"{t.min} to {t.max}") for t in schema.types)
    page.title("features", f"{schema.sizes['feature']} numbers an entity")
    page.table((Cell(f.name, "name"), Cell(number(f.size), right=True), f.kind,
                f"{'' if len(f.of) > 1 else f'only {f.of[0]}s. '}{f.what}") for f in schema.features)
    page.title("actions", f"{schema.sizes['action']}")
    page.table((Cell(g.name, "name"), Cell(number(g.count), right=True),
                f"aimed at {g.targets}s" if g.targets else "aimed at nothing") for g in schema.actions)
    page.title("fields", "env.NAME; row: about one entity, local: what the agent may know, global: anything else")
    page.table((Cell(name, "name"), f.scope, _typed(schema, f), f.what) for name, f in schema.fields.items())


def _present(schema: EntitySchema, side: Any) -> str:
    fewest, most = schema.present_range(side)
    return number(most) if fewest == most else f"{number(fewest)} to {number(most)}"


def _typed(schema: EntitySchema, field: Field) -> str:
    """``bool[agent entity]``; batch and time, which nearly all have, as ``b t``."""
    short = {"batch": "b", "time": "t"}
    axes = " ".join(short.get(axis, axis) for axis in field.axes)
    return f"{'' if field.dtype == 'float' else field.dtype}[{axes}]"
